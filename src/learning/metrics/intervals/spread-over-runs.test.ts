import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auc } from '../ranking/auc.ts';
import { countAtThresholds, rankScores } from '../ranking/threshold-counts.ts';
import { spreadOverRuns } from './spread-over-runs.ts';
import { drawnScores } from './testing-intervals.ts';

test('spreads over runs and over test images are separate: runs that agree still vary with the images', () => {
  const { labels, scores } = drawnScores(100, 100, 1, 1);
  const ranking = rankScores(scores);
  const run = (weights: Uint8Array) => auc(countAtThresholds(labels, ranking, { weights }));
  const { values, mean, deviation, overRuns, overImages } = spreadOverRuns(
    { labels, seed: 1 },
    [run, run, run],
    0.95,
  );
  assert.deepEqual(values, [mean, mean, mean]);
  assert.deepEqual([deviation, overRuns.low, overRuns.high], [0, mean, mean]);
  assert.ok(overImages.high - overImages.low > 0.05);
});

test('a statistic that the images do not change varies with the runs alone', () => {
  const runs = [1, 2, 3].map((value) => () => value);
  const { mean, deviation, overRuns, overImages } = spreadOverRuns(
    { labels: [0, 1], seed: 1 },
    runs,
    0.95,
  );
  assert.deepEqual([mean, deviation, overRuns.low.toFixed(3)], [2, 1, '-0.484']);
  assert.deepEqual([overImages.low, overImages.high], [Number.NaN, Number.NaN]);
});

test('one run has no spread over runs', () => {
  const { deviation, overRuns } = spreadOverRuns({ labels: [0, 1], seed: 1 }, [() => 1], 0.95);
  assert.deepEqual([deviation, overRuns.low], [Number.NaN, Number.NaN]);
});
