import assert from 'node:assert/strict';
import { test } from 'node:test';
import { youdenThreshold } from './youden-threshold.ts';

test('the example of the docstring', () => {
  const { index, threshold } = youdenThreshold([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]);
  assert.deepEqual([index, threshold.toFixed(3)], [0.5, '0.600']);
});

test('a ranking the wrong way round is best left alone', () => {
  assert.deepEqual(youdenThreshold([1, 0], [1, 2]), { index: 0, threshold: 1 });
});

test('between scores that are neighbours as floats there is no room', () => {
  const next = 1 + Number.EPSILON;
  assert.deepEqual(youdenThreshold([0, 1], [1, next]), { index: 1, threshold: next });
});

test('one class only has none', () => {
  assert.deepEqual(youdenThreshold([0], [1]), { index: Number.NaN, threshold: Number.NaN });
});
