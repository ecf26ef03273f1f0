import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { assertClose } from './support/assert-close.ts';
import { endOf, Project } from './support/rig.ts';
import { smallOnnx } from './support/small-onnx.ts';

const stages = `
  made: { kind: make-faces, with: { size: 64, images: { train: 8, val: 6, test: 4 } } }
  faces: { kind: load-dataset, inputs: { images: made.faces } }
  seen:
    kind: embed
    inputs: { dataset: faces.dataset }
    with: { model: { layers: [{ conv: 8, kernel: 5, stride: 4 }, relu, globalAveragePool, { dense: 2 }] }, imageSize: 32 }
`;
const head = (name: string, units: number) => `
  ${name}:
    kind: train
    inputs: { features: seen.features }
    with: { model: { layers: [{ dense: ${units} }, relu, { dense: 2 }] }, epochs: 1, batchSize: 4 }
`;

test('any number of heads share features that were computed once, and are scored on them', async () => {
  const scores = `
  scores: { kind: evaluate, inputs: { model: small.model, features: seen.features } }
`;
  using project = new Project(`stages:${stages}${head('small', 4)}${head('large', 16)}${scores}`);
  const first = await project.run();
  assert.deepEqual(
    first.outcomes,
    { made: 'ran', faces: 'ran', seen: 'ran', small: 'ran', large: 'ran', scores: 'ran' },
    first.stdout + first.stderr,
  );
  assert.equal(project.read('artifacts/test/scores/scores.csv').split('\n').length, 1 + 12 + 8 + 1);

  project.write(
    'pipelines/test.yaml',
    `stages:${stages}${head('small', 4)}${head('large', 32)}${scores}`,
  );
  const { outcomes } = await project.run();
  assert.deepEqual(
    { seen: outcomes['seen'], small: outcomes['small'], large: outcomes['large'] },
    {
      seen: 'up to date',
      small: 'up to date',
      large: 'ran',
    },
  );

  project.write('pipelines/other.yaml', `stages:${stages}${head('third', 2)}`);
  const otherEnd = await endOf(project.start('run', 'other.yaml', '--reporter', 'json'));
  assert.deepEqual(
    { seen: otherEnd.outcomes['seen'], third: otherEnd.outcomes['third'] },
    { seen: 'restored', third: 'ran' },
  );
});

test('a backbone of an ONNX file and a head on its features become one model, from the file to new images', async () => {
  using project = new Project(`stages:
  made: { kind: make-faces, with: { size: 64, images: { train: 8, val: 6, test: 4 } } }
  faces: { kind: load-dataset, inputs: { images: made.faces } }
  seen:
    kind: embed
    inputs: { dataset: faces.dataset, onnx: models/net.onnx }
    with: { layer: Flatten, normalise: { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] } }
  head:
    kind: train
    inputs: { features: seen.features }
    with: { model: { layers: [centre, { dense: 2 }] }, epochs: 2, batchSize: 4 }
  onFeatures: { kind: evaluate, inputs: { model: head.model, features: seen.features } }
  whole: { kind: load-model, inputs: { head: head.model, onnx: models/net.onnx } }
  onImages: { kind: evaluate, inputs: { model: whole.model, dataset: faces.dataset } }
  maps: { kind: gradcam, inputs: { models: [whole.model], datasets: [faces.dataset] }, with: { draws: 10 } }
`);
  mkdirSync(project.path('models'));
  writeFileSync(project.path('models/net.onnx'), smallOnnx());
  const { outcomes, stdout, stderr } = await project.run();
  assert.deepEqual(new Set(Object.values(outcomes)), new Set(['ran']), stdout + stderr);
  const scores = (stage: string) =>
    project
      .read(`artifacts/test/${stage}/scores.csv`)
      .trim()
      .split('\n')
      .slice(1)
      .flatMap((line) => line.split(',').slice(3, 5).map(Number));
  assert.equal(scores('onImages').length, 2 * (12 + 8));
  assertClose(scores('onImages'), scores('onFeatures'), 1e-5);

  const folder = 'artifacts/test/whole/model';
  const listed = await project.command('model', folder);
  assert.match(
    listed.stdout,
    /\ncentre1 +FeatureScaling +4 values\ndense1 +Dense +2 values +10 +8\n/,
  );
  const photographs = project.path('artifacts/test/made/faces/test/fake');
  const predicted = await project.command('predict', folder, photographs);
  assert.equal(predicted.code, 0, predicted.stderr);
});

test('a dataset and features at once are a mistake with a position', async () => {
  using project = new Project(`stages:${stages}
  fit:
    kind: train
    inputs: { dataset: faces.dataset, features: seen.features }
`);
  const { code, stderr } = await project.command('plan', 'test.yaml');
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^pipelines\/test.yaml:9:3: error: expected one of the inputs "dataset" and "features", got both \[wrong-settings\]/,
  );
});
