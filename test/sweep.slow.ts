import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Project } from './support/rig.ts';

const sweep = `
stages:
  made:
    kind: make-faces
    with: { size: 64, images: { train: 8, val: 6, test: 6 } }
  faces: { kind: load-dataset, inputs: { images: made.faces } }
  fit:
    kind: train
    matrix: { net: [{ id: slow, rate: 0.0001 }, { id: fast, rate: 0.001 }], seed: [1, 2, 3] }
    inputs: { dataset: faces.dataset }
    with:
      imageSize: 56
      batchSize: 8
      epochs: 1
      trainValues: running
      optimizer: { kind: adam, learningRate: "\${matrix.net.rate}" }
      seed: "\${matrix.seed}"
  scores: { kind: evaluate, inputs: { model: fit.model, dataset: faces.dataset } }
  results:
    kind: table
    inputs: { metrics: [scores.metrics] }
    with: { values: [val.accuracy, test.accuracy, test.auc], over: [seed] }
  best: { kind: select, inputs: { models: [fit.model], metrics: [scores.metrics] }, with: { by: loss } }
  final:
    kind: evaluate
    inputs: { model: best.model, dataset: faces.dataset }
    with: { splits: [test] }
`;

interface Metrics {
  readonly splits: Readonly<
    Record<'val' | 'test', { readonly accuracy: number; readonly loss: number }>
  >;
}

const lossIn = (project: Project, instance: string): number =>
  (JSON.parse(project.read(`artifacts/test/scores@${instance}/metrics.json`)) as Metrics).splits.val
    .loss;

test('a matrix of two networks and three seeds gives one table over the seeds and one model that validation selects', async () => {
  using project = new Project(sweep);
  const { code, outcomes, stdout, stderr } = await project.run();
  assert.equal(code, 0, stdout + stderr);
  assert.equal(
    Object.values(outcomes).filter((outcome) => outcome === 'ran').length,
    2 + 6 + 6 + 3,
  );

  const [header, , ...rows] = project
    .read('artifacts/test/results/markdown.md')
    .trimEnd()
    .split('\n');
  assert.equal(header, '| net | n | Accuracy on val | Accuracy on test | AUC on test |');
  assert.deepEqual(
    rows.filter((row) => row.startsWith('|')).map((row) => row.split(' | ', 2)),
    [
      ['| slow', '3'],
      ['| fast', '3'],
    ],
  );
  const instances = ['slow', 'fast'].flatMap((net) =>
    [1, 2, 3].map((seed) => `net=${net},seed=${seed}`),
  );
  const lowest = instances.reduce((a, b) => (lossIn(project, b) < lossIn(project, a) ? b : a));
  const weights = (stage: string) =>
    readFileSync(project.path(`artifacts/test/${stage}/model/weights.bin`));
  assert.deepEqual(weights('best'), weights(`fit@${lowest}`));

  project.edit('pipelines/test.yaml', 'seed: [1, 2, 3]', 'seed: [1, 2, 3, 4]');
  const again = await project.run();
  const ran = Object.keys(again.outcomes).filter((stage) => again.outcomes[stage] === 'ran');
  assert.deepEqual(
    ran.filter((stage) => stage !== 'final').sort(), // It runs only if the new seed is the best.
    [
      'best',
      'fit[net=fast,seed=4]',
      'fit[net=slow,seed=4]',
      'results',
      'scores[net=fast,seed=4]',
      'scores[net=slow,seed=4]',
    ],
  );
  assert.match(
    project.read('artifacts/test/results/markdown.md'),
    /^\| slow \| 4 \| 0\.\d{4} ± 0(\.\d{4})? \|/m,
  );
});
