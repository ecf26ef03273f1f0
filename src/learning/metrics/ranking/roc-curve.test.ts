import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resample } from '../intervals/bootstrap.ts';
import { bandOf } from '../intervals/bootstrap-band.ts';
import { drawnScores } from '../intervals/testing-intervals.ts';
import { detCurve } from './det-curve.ts';
import { rocCurve, truePositiveRateAt, truePositiveRatesAt } from './roc-curve.ts';
import { countAtThresholds, countDraws, rankScores } from './threshold-counts.ts';

const example = countAtThresholds([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]);
const det = (labels: readonly number[], scores: readonly number[]) =>
  Object.values(detCurve(countAtThresholds(labels, scores))).map((values) => [...values]);

test('the examples of the docstrings', () => {
  const { falsePositiveRate, truePositiveRate, thresholds } = rocCurve(example);
  assert.deepEqual([...falsePositiveRate], [0, 0, 0.5, 0.5, 1]);
  assert.deepEqual([...truePositiveRate], [0, 0.5, 0.5, 1, 1]);
  assert.deepEqual([...thresholds], [Infinity, 0.8, 0.4, 0.35, 0.1]);
  assert.deepEqual([...truePositiveRatesAt(example, [0, 0.25, 0.5, 1])], [0.5, 0.5, 1, 1]);
  assert.deepEqual(det([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]), [
    [0.5, 0.5, 0],
    [0, 0.5, 0.5],
    [0.35, 0.4, 0.8],
  ]);
});

test('points within a straight stretch are left out unless they are asked for', () => {
  const counts = countAtThresholds([1, 1, 0, 0], [4, 3, 2, 1]);
  assert.deepEqual([...rocCurve(counts).thresholds], [Infinity, 4, 3, 1]);
  assert.deepEqual(
    [...rocCurve(counts, { dropIntermediate: false }).thresholds],
    [Infinity, 4, 3, 2, 1],
  );
});

test('a missing class makes its rate undefined, not zero', () => {
  const { falsePositiveRate, truePositiveRate } = rocCurve(countAtThresholds([1, 1], [0.2, 0.7]));
  assert.ok(falsePositiveRate.every(Number.isNaN));
  assert.deepEqual([...truePositiveRate], [0, 0.5, 1]);
  assert.deepEqual([...truePositiveRatesAt(countAtThresholds([1], [2]), [0.5])], [Number.NaN]);
});

test('a DET curve ends at an infinite threshold where a negative has the highest score', () => {
  assert.deepEqual(det([0, 1], [2, 1]), [
    [1, 1, 0],
    [0, 1, 1],
    [1, 2, Infinity],
  ]);
});

test('the DET curve of a perfect ranking is one point', () => {
  assert.deepEqual(det([0, 0, 1, 1], [1, 2, 3, 4]), [[0], [0], [3]]);
});

test('there is no DET curve of one class', () => {
  const got = (counts: string) =>
    new RangeError(`Expected items of both classes for a DET curve, got ${counts}`);
  assert.throws(() => det([1, 1], [1, 2]), got('2 of 1 and 0 of 0'));
  assert.throws(() => det([], []), got('0 of 1 and 0 of 0'));
});

test('where the ROC curve rises, its upper end counts, whatever the false-positive rate times the negatives is rounded to', () => {
  for (let x = 1; x <= 100; x++) {
    // The labels are in the order of their scores.
    const labels = Array.from({ length: 101 }, (_, i) => (i === x ? 1 : 0));
    const counts = countAtThresholds(
      labels,
      labels.map((_, i) => -i),
    );
    const heights = truePositiveRatesAt(counts, [(x - 0.5) / 100, x / 100]);
    assert.deepEqual([...heights], [0, 1], `at ${x} %`);
    assert.equal(truePositiveRateAt(counts, x / 100), 1);
  }
});

test('a curve of ties is straight, and starts at nothing', () => {
  const counts = countAtThresholds([0, 0, 1, 1], [2, 2, 2, 2]);
  assert.deepEqual([...truePositiveRatesAt(counts, [0, 0.3, 1])], [0, 0.3, 1]);
});

test('a band of 95 % holds the true height at a false-positive rate in about that share of test sets', () => {
  const falsePositiveRates = [0.1, 0.3];
  const truth = [0.389, 0.683]; // Φ(1 + Φ⁻¹(rate)), scores of the two classes one deviation apart
  let held = 0;
  for (let seed = 0; seed < 40; seed++) {
    const { labels, scores } = drawnScores(60, 60, 1, 200 + seed);
    const counts = countDraws(labels, rankScores(scores));
    const sample = { labels, draws: 200, seed };
    const heights = (weights: Uint8Array) =>
      truePositiveRatesAt(counts(weights), falsePositiveRates);
    const { low, high } = bandOf(resample(sample, heights), 0.95);
    for (const [i, height] of truth.entries()) if (low[i]! <= height && height <= high[i]!) held++;
  }
  assert.ok(held >= 0.88 * 80, `${held} of 80`);
});
