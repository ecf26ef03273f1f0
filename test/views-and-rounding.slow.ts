import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { test } from 'node:test';
import sharp from 'sharp';
import { csvRecords } from '../src/csv.ts';
import { parseScores } from '../src/learning/metrics/scores/scores-file.ts';
import { endOf, Project } from './support/rig.ts';

/** A detector of drawn faces, seen mirrored as well, and with weights of 8 bits. */
const yaml = `stages:
  drawn: { kind: make-faces, with: { images: { train: 40, val: 12, test: 24 }, size: 52, seed: 3 } }
  faces: { kind: load-dataset, inputs: { images: drawn.faces } }
  fit:
    kind: train
    inputs: { dataset: faces.dataset }
    with: { model: simple-net, imageSize: 52, epochs: 2, seed: 1 }
  plain: { kind: evaluate, inputs: { model: fit.model, dataset: faces.dataset }, with: { splits: [test] } }
  views:
    kind: evaluate
    inputs: { model: fit.model, dataset: faces.dataset }
    with: { splits: [test], testTime: { flip: true } }
  gain: { kind: roc-det, inputs: { scores: [views.scores, plain.scores] } }
  whole: { kind: export, inputs: { model: fit.model }, with: { formats: [onnx] } }
  small: { kind: export, inputs: { model: fit.model }, with: { formats: [onnx], quantize: int8 } }
  rounded: { kind: load-model, inputs: { onnx: small.files } }
  rounded-scores:
    kind: evaluate
    inputs: { model: rounded.model, dataset: faces.dataset }
    with: { splits: [test] }
  cost: { kind: roc-det, inputs: { scores: [plain.scores, rounded-scores.scores] } }
`;
/** The same test images, each mirrored by another program than the one that is tested. */
const mirrored = `
stages:
  mirrored: { kind: load-dataset, inputs: { images: ./mirrored }, with: { splits: [test] } }
  seen:
    kind: evaluate
    inputs: { model: artifacts/test/fit/model, dataset: mirrored.dataset }
    with: { splits: [test] }
`;

/** The scores of the images of a stage, by key. */
function scoresOf(project: Project, path: string): ReadonlyMap<string, readonly number[]> {
  const table = parseScores(project.read(`artifacts/${path}/scores.csv`));
  assert.ok(table.ok);
  return new Map(table.value.rows.map(({ key, scores }) => [key, scores]));
}

/** The AUC of a stage on test. */
const aucOf = (project: Project, stage: string): number =>
  JSON.parse(project.read(`artifacts/test/${stage}/metrics.json`)).splits.test.auc;

/** The only row of a table of paired tests, by column. */
function testedPair(project: Project, stage: string): Readonly<Record<string, string>> {
  const [header, record] = csvRecords(project.read(`artifacts/test/${stage}/tests.csv`));
  return Object.fromEntries(header!.fields.map((name, i) => [name, record!.fields[i]!]));
}

/** Equal but for the sign, which the order of the two models decides. */
const near = (value: number, expected: number) =>
  Math.abs(Math.abs(value) - Math.abs(expected)) < 1e-9;

async function mirror(project: Project): Promise<void> {
  const folder = 'artifacts/test/drawn/faces/test';
  for (const name of readdirSync(project.path(folder), { recursive: true }) as string[]) {
    const from = project.path(folder, name);
    const to = project.path('mirrored/test', name);
    if (statSync(from).isDirectory()) mkdirSync(to, { recursive: true });
    else if (/\.(png|jpe?g)$/.test(name)) {
      mkdirSync(project.path('mirrored/test', name, '..'), { recursive: true });
      await sharp(from)
        .flop()
        .png()
        .toFile(to.replace(/\.\w+$/, '.png'));
    }
  }
}

test('scores of two views are the means over the image and its mirror image, and what they and 8 bits change is tested in pairs', async () => {
  using project = new Project(yaml);
  const ran = await project.run();
  assert.equal(ran.code, 0, ran.stderr);
  await mirror(project);
  project.write('pipelines/mirrored.yaml', mirrored);
  const seen = await endOf(project.start('run', 'mirrored.yaml', '--reporter', 'json'));
  assert.equal(seen.code, 0, seen.stderr);

  const stem = (key: string) => key.replace(/\.\w+$/, '');
  const byStem = (scores: ReadonlyMap<string, readonly number[]>) =>
    new Map(Array.from(scores, ([key, values]) => [stem(key), values]));
  const plain = byStem(scoresOf(project, 'test/plain'));
  const flipped = byStem(scoresOf(project, 'mirrored/seen'));
  const views = byStem(scoresOf(project, 'test/views'));
  assert.deepEqual([views.size, flipped.size], [plain.size, plain.size]);
  let largest = 0;
  for (const [key, scores] of views)
    for (const [c, score] of scores.entries()) {
      const mean = (plain.get(key)![c]! + flipped.get(key)![c]!) / 2;
      assert.ok(Math.abs(score - mean) < 1e-4, `${key}: ${score}, and the mean is ${mean}`);
      largest = Math.max(largest, Math.abs(score - plain.get(key)![c]!));
    }
  assert.ok(largest > 1e-3, 'the mirror image has other scores');

  // What the stage prints of its views is the paired test of roc-det on both scores.
  const gain = testedPair(project, 'gain');
  const difference = aucOf(project, 'views') - aucOf(project, 'plain');
  assert.ok(near(Number(gain['aucDifference']), difference), `${gain['aucDifference']}`);
  const [highlight] = ran.events
    .flatMap((event) =>
      event.type === 'stage-finished' && event.stage === 'views' ? event.highlights : [],
    )
    .filter(({ title }) => title === 'Test-time augmentation, 2 views of each image');
  const cells = highlight!.rows[0]!.map(String);
  assert.ok(Math.abs(Number(cells.at(-1)) - Number(gain['aucP'])) < 6e-3, cells.join('; '));

  // So is the cost of 8 bits, by the recipe of docs/weights.md.
  const cost = testedPair(project, 'cost');
  const lost = aucOf(project, 'plain') - aucOf(project, 'rounded-scores');
  assert.ok(near(Number(cost['aucDifference']), lost), `${cost['aucDifference']} for ${lost}`);
  assert.equal(cost['aucTest'], 'DeLong');
  const ends = [Number(cost['aucLow']), Number(cost['aucHigh'])];
  assert.ok(ends[0]! <= Number(cost['aucDifference']) && Number(cost['aucDifference']) <= ends[1]!);
  assert.ok(Number(cost['aucP']) > 0 && Number(cost['aucP']) <= 1);
  const rounded = scoresOf(project, 'test/rounded-scores');
  const moved = Array.from(scoresOf(project, 'test/plain'), ([key, scores]) =>
    Math.max(...scores.map((score, c) => Math.abs(score - rounded.get(key)![c]!))),
  );
  assert.ok(Math.max(...moved) > 0, 'weights were rounded');
  assert.ok(Math.max(...moved) < 0.5, `by no more than their rounding: ${Math.max(...moved)}`);
  const bytesOf = (stage: string) =>
    statSync(project.path(`artifacts/test/${stage}/files/model.onnx`)).size;
  assert.ok(bytesOf('small') < 0.5 * bytesOf('whole'), `${bytesOf('small')} bytes`);
});
