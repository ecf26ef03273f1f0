import assert from 'node:assert/strict';
import { test } from 'node:test';
import { truePositiveRateAt } from './true-positive-rate-at.ts';

test('the example of the docstring', () => {
  assert.equal(truePositiveRateAt([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], 0.25), 0.5);
});

test('where the curve rises, its upper end counts; tied scores are a slope', () => {
  assert.equal(truePositiveRateAt([0, 1], [1, 2], 0), 1);
  assert.equal(truePositiveRateAt([0, 1], [1, 1], 0.25), 0.25);
});

test('one class only has none, and a rate above 1 is refused', () => {
  assert.equal(truePositiveRateAt([1], [1], 0.5), Number.NaN);
  assert.throws(
    () => truePositiveRateAt([0, 1], [1, 1], 1.5),
    new RangeError('Expected a false positive rate from 0 to 1, got 1.5'),
  );
});
