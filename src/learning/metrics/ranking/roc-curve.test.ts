import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rocCurve } from './roc-curve.ts';

test('the example of the docstring', () => {
  const curve = rocCurve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]);

  assert.deepEqual([...curve.falsePositiveRate], [0, 0, 0.5, 0.5, 1]);
  assert.deepEqual([...curve.truePositiveRate], [0, 0.5, 0.5, 1, 1]);
  assert.deepEqual([...curve.thresholds], [Infinity, 0.8, 0.4, 0.35, 0.1]);
});

test('points within a straight stretch are left out unless they are asked for', () => {
  const scores = [4, 3, 2, 1];

  assert.deepEqual([...rocCurve([1, 1, 0, 0], scores).thresholds], [Infinity, 4, 3, 1]);
  assert.deepEqual([...rocCurve([1, 1, 0, 0], scores, { dropIntermediate: false }).thresholds], [Infinity, 4, 3, 2, 1]);
});

test('a missing class makes its rate undefined, not zero', () => {
  const { falsePositiveRate, truePositiveRate } = rocCurve([1, 1], [0.2, 0.7]);

  assert.ok(falsePositiveRate.every(Number.isNaN));
  assert.deepEqual([...truePositiveRate], [0, 0.5, 1]);
});

test('a score that is not finite is refused with its place', () => {
  assert.throws(
    () => rocCurve([0, 1], [0.5, Number.NaN]),
    new RangeError('Expected a finite score, got NaN at index 1'),
  );
});
