import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { type LayersModel, ones, setBackend } from '@tensorflow/tfjs';
import { buildNet } from './build-net.ts';
import { initialiseWeights } from './initial-weights.ts';
import { type ModelSetting, netOf } from './model-setting.ts';
import { untrainedCopy } from './untrained-copy.ts';

before(() => setBackend('cpu'));

const valuesOf = (model: LayersModel) =>
  model.getWeights().map((weight) => weight.dataSync<'float32'>());

test('a copy has random weights, the same for a seed, that differ from the model’s initial ones of that seed', async () => {
  const model = buildNet(netOf('tiny-xception'), 64);
  initialiseWeights(model, 3);
  const copy = await untrainedCopy(model, 3);
  const again = await untrainedCopy(model, 3);

  assert.deepEqual(valuesOf(copy), valuesOf(again));
  for (const [i, kernel] of valuesOf(copy).entries()) {
    const begun = valuesOf(model)[i]!;
    // With few values, chance alone may align them.
    if (kernel.length >= 64) assert.ok(Math.abs(cosine(kernel, begun)) < 0.5, `weight ${i}`);
  }
});

test('a copy has no learned weights, nor learned normalisations, and the model keeps its own', async () => {
  const trained = buildNet(netOf(normalised), 16);
  trained.setWeights(trained.getWeights().map(({ shape }) => ones(shape)));
  const copy = await untrainedCopy(trained, 3);

  assert.deepEqual(
    copy.layers.map(({ name }) => name),
    trained.layers.map(({ name }) => name),
  );
  assert.ok(valuesOf(trained).every((values) => values.every((value) => value === 1)));
  const begins = copy.layers
    .find((layer) => layer.getClassName() === 'BatchNormalization')!
    .getWeights();
  assert.deepEqual(
    begins.map((weight) => weight.dataSync<'float32'>()[0]),
    [1, 0, 0, 1], // scale, shift, mean, variance
  );
});

const normalised: ModelSetting = {
  layers: [{ conv: 4 }, 'batchNorm', 'relu', 'globalAveragePool', { dense: 2 }],
};

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) =>
    x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
