import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bootstrapBand } from '../intervals/bootstrap-band.ts';
import { drawnScores } from '../intervals/testing-intervals.ts';
import { precisionsAt, truePositiveRateAt, truePositiveRatesAt } from './curve-heights.ts';
import { rankScores } from './rank-scores.ts';
import { countRanked } from './threshold-counts.ts';

const count = (labels: readonly number[], scores: readonly number[]) => countRanked(labels, rankScores(scores));
const four = count([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]);

test('the examples of the docstrings', () => {
  assert.deepEqual([...truePositiveRatesAt(four, [0, 0.25, 0.5, 1])], [0.5, 0.5, 1, 1]);
  assert.deepEqual([...precisionsAt(four, [0, 0.5, 0.75])], [1, 1, 2 / 3]);
});

test('where the ROC curve rises, its upper end counts, whatever the place times the negatives is rounded to', () => {
  for (let x = 1; x <= 100; x++) {
    const labels = Array.from({ length: 101 }, (_, i) => (i === x ? 1 : 0)); // in the order of their scores
    const counts = count(
      labels,
      labels.map((_, i) => -i),
    );
    const heights = truePositiveRatesAt(counts, [(x - 0.5) / 100, x / 100]);
    assert.deepEqual([...heights], [0, 1], `at ${x} %`);
    assert.equal(truePositiveRateAt(counts, x / 100), 1);
  }
});

test('a recall of 7 of 100 is that of the seventh', () => {
  const labels = Array.from({ length: 200 }, (_, i) => (i < 7 || i >= 107 ? 1 : 0));
  const counts = count(
    labels,
    labels.map((_, i) => -i),
  );
  assert.deepEqual([...precisionsAt(counts, [0.07])], [1]);
});

test('a curve of ties is straight, and starts at nothing', () => {
  const counts = count([0, 0, 1, 1], [2, 2, 2, 2]);
  assert.deepEqual([...truePositiveRatesAt(counts, [0, 0.3, 1])], [0, 0.3, 1]);
  assert.deepEqual([...precisionsAt(counts, [0, 1])], [0.5, 0.5]);
});

test('without one of the classes there is no height', () => {
  assert.deepEqual([...truePositiveRatesAt(count([1], [2]), [0.5])], [Number.NaN]);
  assert.deepEqual([...precisionsAt(count([0], [2]), [0.5])], [Number.NaN]);
});

test('a band has no ends where a class has one image', () => {
  const sample = { labels: [0, 0, 1], draws: 20, seed: 1 };
  const { low, high } = bootstrapBand(sample, (weights) => weights.slice(0, 2), 0.95);
  assert.deepEqual([[...low], [...high]], [Array(2).fill(Number.NaN), Array(2).fill(Number.NaN)]);
});

test('a band of 95 % holds the true height at a place in about that share of test sets', () => {
  const places = [0.1, 0.3];
  const truth = [0.389, 0.683]; // Φ(1 + Φ⁻¹(place)), scores of the two classes one deviation apart
  let held = 0;
  for (let seed = 0; seed < 40; seed++) {
    const { labels, scores } = drawnScores(60, 60, 1, 200 + seed);
    const ranking = rankScores(scores);
    const sample = { labels, draws: 200, seed };
    const heights = (weights: Float64Array) => truePositiveRatesAt(countRanked(labels, ranking, weights), places);
    const { low, high } = bootstrapBand(sample, heights, 0.95);
    for (const [i, height] of truth.entries()) if (low[i]! <= height && height <= high[i]!) held++;
  }
  assert.ok(held >= 0.88 * 80, `${held} of 80`);
});
