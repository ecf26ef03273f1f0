import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parsePairs } from '../../src/learning/metrics/testing-scores.ts';
import { loadModel } from '../../src/learning/models/model-files.ts';
import { encodeSafetensors } from '../../src/learning/models/weights/safetensors.ts';
import { StageError } from '../../src/stage.ts';
import { linearCongruential } from '../../test/support/linear-congruential.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import { writeTintedDataset } from '../../test/support/tinted-dataset.ts';
import evaluate from '../evaluate/run.ts';
import { spec as evaluateSpec } from '../evaluate/spec.ts';
import run from './run.ts';
import { spec } from './spec.ts';

const folder = mkdtempSync(join(tmpdir(), 'load-model-'));
after(() => rmSync(folder, { recursive: true }));

const random = linearCongruential(7);
const tensors = [
  { name: 'conv1/kernel', shape: [3, 3, 3, 4], values: random(108, 1) },
  { name: 'conv1/bias', shape: [4], values: random(4, 1) },
  { name: 'dense1/kernel', shape: [4, 2], values: random(8, 1) },
  { name: 'dense1/bias', shape: [2], values: random(2, 1) },
];
const weights = join(folder, 'net.safetensors');
before(() => writeFileSync(weights, encodeSafetensors(tensors)));
const model = { layers: [{ conv: 4 }, 'relu', 'globalAveragePool', { dense: 2 }] };

test('a file becomes a model with all that using it needs, and evaluate scores images with it', async () => {
  using bench = new StageBench();
  await bench.run(spec, run, { inputs: { weights }, with: { model, imageSize: 16 } });
  const { model: loaded, info } = await loadModel(bench.output('model'));
  assert.deepEqual(
    loaded.getWeights().map((weight) => weight.dataSync()),
    tensors.map(({ values }) => values),
  );
  assert.deepEqual(info, {
    architecture: model,
    classes: ['real', 'fake'],
    input: {
      size: 16,
      fit: 'cover',
      kernel: 'linear',
      normalise: { mean: [0.4914, 0.4822, 0.4465], deviation: [0.2023, 0.1994, 0.201] },
    },
    training: { seed: 7 },
    chosenEpoch: 0,
    backend: 'none',
  });
  assert.deepEqual(bench.warnings, []);

  const dataset = join(folder, 'dataset');
  await writeTintedDataset(dataset, { train: 1, val: 4, test: 2 });
  using scoring = new StageBench();
  await scoring.run(evaluateSpec, evaluate, { inputs: { model: bench.output('model'), dataset } });
  const scores = parsePairs(
    readFileSync(scoring.output('scores', evaluateSpec.outputs['scores']), 'utf8'),
  );
  assert.ok(scores.ok && scores.value.length === 6, 'a score for every image of val and test');
});

test('a weight that is no number is refused by name', async () => {
  using bench = new StageBench();
  const path = join(bench.root, 'lost.safetensors');
  const lost = { ...tensors[1]!, values: Float32Array.of(0, 1, Number.NaN, 2) };
  writeFileSync(path, encodeSafetensors(tensors.with(1, lost)));
  await assert.rejects(
    bench.run(spec, run, { inputs: { weights: path }, with: { model, imageSize: 16 } }),
    {
      name: 'StageError',
      message: `Expected finite weights, got NaN as value 2 of conv1/bias in ${path}.`,
    },
  );
});

test('a head that the file lacks is random, with a warning', async () => {
  using bench = new StageBench();
  const base = new URL(
    '../../node_modules/@vladmandic/face-api/model/age_gender_model',
    import.meta.url,
  ).pathname;
  await bench.run(spec, run, {
    inputs: { weights: `${base}-weights_manifest.json`, shards: [`${base}.bin`] },
    with: { model: 'tiny-xception', imageSize: 112, fit: 'contain', seed: 3 },
  });
  assert.deepEqual(bench.warnings, [
    'The head is random and separates nothing before it is trained: logits (expected logits/weights of 512 x 2, got no tensor of that name).',
  ]);
  const { info } = await loadModel(bench.output('model'));
  assert.deepEqual('normalise' in info.input && info.input.normalise.deviation, [1, 1, 1]);
});

test('weights are needed, from one place, and must be those of the network', async () => {
  const check = (settings: object, ...inputs: string[]) =>
    spec.check!(spec.settings.parse({ model: 'xception', ...settings }), new Set(inputs)).map(
      ({ message }) => message,
    );
  for (const given of [{}, { pretrained: 'none' }]) {
    assert.deepEqual(check(given), [
      'expected the input `weights` or the setting `pretrained`, got neither',
    ]);
  }
  assert.deepEqual(check({ pretrained: 'imagenet' }), []);
  assert.deepEqual(check({ pretrained: 'imagenet' }, 'weights'), [
    'either `pretrained` or the input `weights`, got both',
  ]);
  using bench = new StageBench();
  await assert.rejects(
    bench.run(spec, run, { inputs: { weights }, with: { model: 'my-net' } }),
    new StageError(
      `Expected conv1/kernel of 7 x 7 x 3 x 6, got 3 x 3 x 3 x 4 in ${weights}; it begins with conv1/kernel, conv1/bias, dense1/kernel.`,
    ),
  );
});
