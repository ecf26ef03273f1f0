import assert from 'node:assert/strict';
import { test } from 'node:test';
import { confusion } from './detector-confusion.ts';

test('the example of the docstring', () => {
  assert.deepEqual(confusion([0, 0, 1, 1], [0, 1, 1, 1]), {
    trueNegatives: 1,
    falsePositives: 1,
    falseNegatives: 0,
    truePositives: 2,
  });
});

test('labels and predictions of different lengths are refused', () => {
  assert.throws(
    () => confusion([0, 1], [0]),
    new RangeError('Expected one prediction for each of 2 labels, got 1'),
  );
});
