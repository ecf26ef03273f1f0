import assert from 'node:assert/strict';
import { cpSync, readFileSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import { sha256 } from '../src/digest.ts';
import { openDataset } from '../src/learning/vision/dataset/open-dataset.ts';
import { endOf, Project } from './support/rig.ts';

/** The experiment on drawn faces, as small as possible: its numbers mean nothing. */
const smallest = `
extends: npm:restage/experiments/forge.yaml
params:
  count: { train: 8, val: 4, test: 6 }
  imageSize: 64
  epochs: 1
`;

/** Photographs without any fakes, in a folder. */
const alone = `
stages:
  found:
    kind: faces
    inputs: { images: ./people }
    with: { minScore: 0.3, crop: { size: 96, margin: 0.3 } }
  forged:
    kind: forge
    inputs: { dataset: found.dataset, faces: found.faces }
    with: { methods: [self-blended, retouch], forgeries: 2, class: image, splits: [all] }
  drawn:
    kind: load-dataset
    inputs: { dataset: forged.dataset }
    with: { split: { train: 0.6, val: 0.4 } }
`;

suite('forgeries of photographs', () => {
  let project: Project;
  before(async () => {
    project = new Project(smallest);
    const { code, stdout, stderr } = await project.run();
    assert.equal(code, 0, stdout + stderr);
  });
  after(() => project[Symbol.dispose]());

  test('train a detector that is measured on fakes, and their masks measure its maps', () => {
    const numbers = (stage: string) =>
      JSON.parse(project.read(`artifacts/test/${stage}/metrics.json`));
    for (const stage of ['scores', 'scores-fakes'])
      assert.equal(typeof numbers(stage).splits.test.auc, 'number', stage);
    assert.equal(typeof numbers('where').gradient.masks.pointingGame, 'number');
  });

  test('need no fakes: of a folder of photographs, splits are drawn that keep each with its forgeries', async () => {
    cpSync(project.path('artifacts/test/made/faces/train/real'), project.path('people'), {
      recursive: true,
    });
    project.write('pipelines/alone.yaml', alone);
    const { code, stderr } = await project.command('run', 'alone.yaml');
    assert.equal(code, 0, stderr);
    using dataset = openDataset(project.path('artifacts/alone/drawn/dataset'));
    assert.deepEqual(dataset.classes, ['image', 'fake']);
    for (const name of ['train', 'val']) {
      const { samples } = dataset.split(name);
      const photographs = samples.filter(({ label }) => label === 0).map(({ group }) => group);
      const forged = samples.filter(({ label }) => label === 1).map(({ group }) => group);
      assert.ok(photographs.length > 0);
      assert.deepEqual(forged.toSorted(), [...photographs, ...photographs].toSorted());
    }
  });

  test('are the same bytes with one thread and with two, and after a kill in the midst', async () => {
    const repeated = (cpu: number) => `
stages:
  forged:
    kind: forge
    resources: { cpu: ${cpu} }
    inputs: { dataset: artifacts/test/found/dataset, faces: artifacts/test/found/faces.csv }
    with: { methods: [self-blended, swap, retouch], forgeries: 4, seed: 5 }
`;
    const run = async (...words: readonly string[]) => {
      const ended = await endOf(project.start('run', 'again.yaml', '--reporter', 'json', ...words));
      assert.deepEqual(ended.outcomes, { forged: 'ran' }, ended.stderr);
      const folder = 'artifacts/again/forged';
      const files = project.files(folder).toSorted();
      const digests = files.map((file) => sha256(readFileSync(project.path(folder, file))));
      const printed = ended.events.flatMap((event) =>
        event.type === 'stage-output' ? event.text : [],
      );
      return { files, digests, printed: printed.join('') };
    };
    project.write('pipelines/again.yaml', repeated(1));
    const alone = await run();
    assert.ok(alone.files.some((file) => file.endsWith('.tar')) && alone.files.length > 5);
    project.write('pipelines/again.yaml', repeated(2));
    const together = await run('--force');
    assert.deepEqual([together.files, together.digests], [alone.files, alone.digests]);

    project.remove('cache');
    const running = project.start('run', 'again.yaml', '--reporter', 'json');
    await running.event('stage-progress', 'forged');
    running.child.kill('SIGKILL');
    await running.ended;
    const after = await run();
    assert.match(after.printed, /^\d+ photographs? of 12 were forged before\.$/m);
    assert.deepEqual([after.files, after.digests], [alone.files, alone.digests]);
  });
});
