import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detCurve } from './det-curve.ts';
import { OneClassError } from './one-class-error.ts';

const lists = ({ falsePositiveRate, falseNegativeRate, thresholds }: ReturnType<typeof detCurve>) =>
  [falsePositiveRate, falseNegativeRate, thresholds].map((values) => [...values]);

test('the example of the docstring', () => {
  assert.deepEqual(lists(detCurve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])), [
    [0.5, 0.5, 0],
    [0, 0.5, 0.5],
    [0.35, 0.4, 0.8],
  ]);
});

test('where the highest score is a negative’s, the curve ends at an infinite threshold', () => {
  assert.deepEqual(lists(detCurve([0, 1], [2, 1])), [
    [1, 1, 0],
    [0, 1, 1],
    [1, 2, Infinity],
  ]);
});

test('a perfect ranking is one point', () => {
  assert.deepEqual(lists(detCurve([0, 0, 1, 1], [1, 2, 3, 4])), [[0], [0], [3]]);
});

test('one class only is an error by name', () => {
  assert.throws(() => detCurve([1, 1], [1, 2]), OneClassError);
  assert.throws(() => detCurve([0], [1]), {
    name: 'OneClassError',
    message: 'Expected items of both classes for a DET curve, got only label 0',
  });
  assert.throws(() => detCurve([], []), { message: 'Expected items of both classes for a DET curve, got none' });
});
