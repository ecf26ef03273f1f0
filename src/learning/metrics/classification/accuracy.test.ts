import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accuracy, majorityAccuracy } from './accuracy.ts';

test('the examples of the docstrings', () => {
  assert.equal(accuracy([0, 0, 1, 1], [0, 1, 1, 1]), 0.75);
  assert.equal(majorityAccuracy([0, 0, 0, 1]), 0.75);
});

test('both are undefined for no items', () => {
  assert.equal(accuracy([], []), Number.NaN);
  assert.equal(majorityAccuracy([]), Number.NaN);
});

test('labels and predictions of different lengths are refused', () => {
  assert.throws(() => accuracy([0, 1], [0]), new RangeError('Expected one prediction for each of 2 labels, got 1'));
});
