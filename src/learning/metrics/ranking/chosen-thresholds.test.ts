import assert from 'node:assert/strict';
import { test } from 'node:test';
import { equalErrorRate, youdenThreshold } from './chosen-thresholds.ts';
import { countAtThresholds } from './threshold-counts.ts';

const errors = (labels: readonly number[], scores: readonly number[]) =>
  equalErrorRate(countAtThresholds(labels, scores));
const youden = (labels: readonly number[], scores: readonly number[]) =>
  youdenThreshold(countAtThresholds(labels, scores));

test('the examples of the docstrings', () => {
  assert.deepEqual(errors([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]), { rate: 0.5, threshold: 0.375 });
  const { index, threshold } = youden([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]);
  assert.deepEqual([index, threshold.toFixed(3)], [0.5, '0.600']);
});

test('between points the equal error rate is where the line meets the diagonal, not the nearer point', () => {
  // (0, 1/3) and (1/2, 1/3): of the rates (0, 2/3) and (1/2, 2/3) none are equal; up the next step
  // (1/2, 1/3), halfway 1/2.
  const { rate, threshold } = errors([1, 0, 1, 1, 0], [5, 4, 3, 2, 1]);
  assert.equal(rate, 0.5);
  assert.ok(Math.abs(threshold - 3.5) < 1e-12);
});

test('for separable classes the equal error rate is 0, at a threshold with a margin on both sides', () => {
  assert.deepEqual(errors([0, 0, 1, 1], [1, 2, 4, 5]), { rate: 0, threshold: 3 });
});

test('one score for everything is chance; with one class the equal error rate is undefined', () => {
  assert.deepEqual(errors([0, 1, 1], [7, 7, 7]), { rate: 0.5, threshold: 7 });
  assert.deepEqual(errors([1, 1], [1, 2]), { rate: Number.NaN, threshold: Number.NaN });
});

test('Youden’s index of a reversed ranking is 0, where all is called positive', () => {
  assert.deepEqual(youden([1, 0], [1, 2]), { index: 0, threshold: 1 });
});

test('between scores that are neighbours as floats there is no margin', () => {
  const next = 1 + Number.EPSILON;
  assert.deepEqual(youden([0, 1], [1, next]), { index: 1, threshold: next });
});

test('with one class Youden’s index is undefined', () => {
  assert.deepEqual(youden([0], [1]), { index: Number.NaN, threshold: Number.NaN });
});
