import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { setBackend } from '@tensorflow/tfjs';
import { initialiseWeights } from './initial-weights.ts';
import { simpleNet } from './simple-net.ts';

before(() => setBackend('cpu'));

function weightsFor(seed: number): Float32Array[] {
  const model = simpleNet(58);
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

test('the same seed gives the same weights, another seed others', () => {
  assert.deepEqual(weightsFor(7), weightsFor(7));
  assert.notDeepEqual(weightsFor(7)[0], weightsFor(8)[0]);
});
