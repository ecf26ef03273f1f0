import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { memory, setBackend, tensor, variable } from '@tensorflow/tfjs';
import { WeightAverage } from './weight-average.ts';

before(() => setBackend('cpu'));

/** Σ dⁿ⁻ⁱ wᵢ / Σ dⁿ⁻ⁱ. */
function mean(values: readonly number[], decay: number): number {
  const shares = values.map((_, i) => decay ** (values.length - 1 - i));
  const whole = shares.reduce((sum, share) => sum + share, 0);
  return values.reduce((sum, value, i) => sum + value * shares[i]!, 0) / whole;
}

test('each step counts a fixed share of the one after it, and the initial value not at all', () => {
  const weight = variable(tensor([1000]));
  const average = new WeightAverage(0.75);
  average.follow([weight]);
  const values = [4, -2, 3, 8];
  for (const value of values) {
    weight.assign(tensor([value]));
    average.update();
  }

  average.swap();

  assert.ok(Math.abs(weight.dataSync()[0]! - mean(values, 0.75)) < 1e-6);
  average.swap();
  assert.deepEqual([...weight.dataSync()], [8]);
});

test('a weight that begins to move later counts as its own average until then', () => {
  const early = variable(tensor([0]));
  const late = variable(tensor([5]));
  const average = new WeightAverage(0.5);
  average.follow([early]);
  average.update();
  average.follow([early, late]);
  late.assign(tensor([8]));
  average.update();

  average.swap();

  assert.ok(Math.abs(late.dataSync()[0]! - mean([5, 8], 0.5)) < 1e-6);
});

test('disposing frees every tensor', () => {
  const weight = variable(tensor([1]));
  const { numTensors } = memory();
  const average = new WeightAverage(0.5);
  average.follow([weight]);
  average.update();
  average.swap();
  average.swap();
  average.dispose();

  assert.equal(memory().numTensors, numTensors);
});
