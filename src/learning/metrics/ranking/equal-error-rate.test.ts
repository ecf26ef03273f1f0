import assert from 'node:assert/strict';
import { test } from 'node:test';
import { equalErrorRate } from './equal-error-rate.ts';

test('the example of the docstring', () => {
  assert.deepEqual(equalErrorRate([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]), { rate: 0.5, threshold: 0.375 });
});

test('between points it is where the line meets the diagonal, not the nearer point', () => {
  // (0, 1/3) and (1/2, 1/3): of the rates (0, 2/3) and (1/2, 2/3) none are alike; up the next step (1/2, 1/3), halfway 1/2.
  const { rate, threshold } = equalErrorRate([1, 0, 1, 1, 0], [5, 4, 3, 2, 1]);
  assert.equal(rate, 0.5);
  assert.ok(Math.abs(threshold - 3.5) < 1e-12);
});

test('where all are told apart it is 0, at a threshold with room to both sides', () => {
  assert.deepEqual(equalErrorRate([0, 0, 1, 1], [1, 2, 4, 5]), { rate: 0, threshold: 3 });
});

test('one score for everything is chance; one class only has none', () => {
  assert.deepEqual(equalErrorRate([0, 1, 1], [7, 7, 7]), { rate: 0.5, threshold: 7 });
  assert.deepEqual(equalErrorRate([1, 1], [1, 2]), { rate: Number.NaN, threshold: Number.NaN });
});
