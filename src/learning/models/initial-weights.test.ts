import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { setBackend } from '@tensorflow/tfjs';
import { buildNet } from './build-net.ts';
import { initialiseWeights } from './initial-weights.ts';
import { readLayers } from './layers/read-layers.ts';
import { netOf } from './model-setting.ts';

before(() => setBackend('cpu'));

function weightsFor(seed: number): Float32Array[] {
  const model = buildNet(netOf('simple-net'), 58);
  initialiseWeights(model, seed);
  const weights = model.getWeights().map((weight) => weight.dataSync<'float32'>());
  model.dispose();
  return weights;
}

test('kernels and biases fill the interval of one over the root of the fan-in, evenly', () => {
  const [kernel, bias, , , , , dense] = weightsFor(7);

  for (const [values, fanIn] of [
    [kernel!, 3 * 7 * 7],
    [dense!, 2 * 2 * 24],
  ] as const) {
    const bound = 1 / Math.sqrt(fanIn);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    assert.ok(values.every((value) => Math.abs(value) <= Math.fround(bound)));
    assert.ok(Math.abs(variance / (bound ** 2 / 3) - 1) < 0.1);
  }
  assert.ok(bias!.every((value) => value !== 0 && Math.abs(value) <= 1 / Math.sqrt(147)));
});

test('a separable convolution spreads each kernel by its own inputs, and BatchNorm begins as the identity', () => {
  const items = [
    { conv: 8, kernel: 1 },
    { separableConv: 200, name: 'sep' },
    'batchNorm',
    'flatten',
  ] as const;
  const model = buildNet({ name: 'layers', layers: readLayers(items) }, 4);
  initialiseWeights(model, 7);
  const largest = ([...values]: Iterable<number>) => Math.max(...values.map(Math.abs));
  const [depthwise, pointwise, bias] = model
    .getLayer('sep')
    .getWeights()
    .map((weight) => largest(weight.dataSync()));
  const close = (actual: number, bound: number) =>
    assert.ok(actual <= bound && actual > 0.9 * bound, `${actual}`);

  close(depthwise!, 1 / 3);
  close(pointwise!, 1 / Math.sqrt(8));
  close(bias!, 1 / Math.sqrt(8));
  const norm = model.getLayer('bn1').getWeights();
  assert.deepEqual(
    norm.map((weight) => new Set(weight.dataSync())),
    [1, 0, 0, 1].map((value) => new Set([value])),
  );
});

test('the same seed gives the same weights, another seed others', () => {
  assert.deepEqual(weightsFor(7), weightsFor(7));
  assert.notDeepEqual(weightsFor(7)[0], weightsFor(8)[0]);
});
