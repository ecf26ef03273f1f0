import assert from 'node:assert/strict';
import { test } from 'node:test';
import { averagePrecision } from './average-precision.ts';

test('the example of the docstring', () => {
  assert.ok(Math.abs(averagePrecision([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]) - 5 / 6) < 1e-15);
});

test('it is 0 without positives, 1 without negatives, and nothing of no items', () => {
  assert.equal(averagePrecision([0, 0], [1, 2]), 0);
  assert.equal(averagePrecision([1, 1], [1, 2]), 1);
  assert.equal(averagePrecision([], []), Number.NaN);
});
