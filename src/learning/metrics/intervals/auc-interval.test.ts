import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../random.ts';
import { auc } from '../ranking/auc.ts';
import { countAtThresholds, rankScores } from '../ranking/threshold-counts.ts';
import { areaSpread } from './area-spread.ts';
import { aucInterval, perfectAreaBound } from './auc-interval.ts';
import { bootstrapInterval } from './bootstrap.ts';
import { normalQuantile } from './normal-distribution.ts';
import { drawnScores } from './testing-intervals.ts';

test('the example of the docstring', () => {
  assert.equal(perfectAreaBound(10, 0.95).toFixed(3), '0.741');
});

test('DeLong’s interval is that of the bootstrap, for areas far and near', () => {
  for (const [shift, seed] of [
    [0.2, 1],
    [1, 2],
    [2, 3],
  ] as const) {
    const { labels, scores } = drawnScores(300, 200, shift, seed);
    const ranking = rankScores(scores);
    const delong = aucInterval({ labels }, scores, 0.95);
    const drawn = bootstrapInterval(
      { labels, draws: 1000, seed },
      (weights) => auc(countAtThresholds(labels, ranking, { weights })),
      0.95,
    );
    assert.equal(delong.estimate, drawn.estimate);
    const tenth = (drawn.high - drawn.low) / 10;
    assert.ok(Math.abs(delong.low - drawn.low) < tenth, `${delong.low}, drawn ${drawn.low}`);
    assert.ok(Math.abs(delong.high - drawn.high) < tenth, `${delong.high}, drawn ${drawn.high}`);
  }
});

/**
 * The share of intervals that hold the true area, on test sets with these numbers of units. Frames
 * of a unit share half of their variance.
 */
function coverage(negatives: number, positives: number, area: number, frames = 1): number {
  const sets = 400;
  const deviation = Math.sqrt(frames === 1 ? 1 : 2);
  const shift = Math.SQRT2 * deviation * normalQuantile(area);
  const held = Array.from({ length: sets }, (_, seed) => {
    const units = drawnScores(negatives, positives, shift, seed);
    const noise = new Random('frames', seed);
    const each = <T>(values: readonly T[]) =>
      values.flatMap((value) => Array<T>(frames).fill(value));
    const groups = frames === 1 ? undefined : each(units.labels.map((_, unit) => `video ${unit}`));
    const scores =
      frames === 1 ? units.scores : each(units.scores).map((score) => score + noise.normal());
    return aucInterval({ labels: each(units.labels), groups }, scores, 0.95);
  }).filter(({ low, high }) => low <= area && area <= high).length;
  return held / sets;
}

test('at least 94 of a hundred hold it where one class is rare and hardly an image is ranked wrong', () => {
  // A normal interval of the logit with DeLong's variance: 0.87 and 0.85.
  assert.ok(coverage(180, 20, 0.98) >= 0.94);
  assert.ok(coverage(180, 20, 0.99) >= 0.94);
});

test('as many hold it with the frames of few videos', () => {
  assert.ok(coverage(54, 6, 0.98, 5) >= 0.94);
});

test('with many images ranked wrong the interval is that of the placements alone', () => {
  const { labels, scores } = drawnScores(2000, 2000, 2, 6);
  const { low, high } = aucInterval({ labels }, scores, 0.95);
  const deviation = Math.sqrt(areaSpread({ labels }, scores).variance);
  assert.ok(Math.abs((high - low) / (2 * 1.96 * deviation) - 1) < 0.01);
});

test('about 95 of a hundred intervals on test sets of 60 images hold the true area', () => {
  const truth = 0.9213504; // Φ(2 / √2)
  const held = Array.from({ length: 100 }, (_, seed) => {
    const { labels, scores } = drawnScores(30, 30, 2, 100 + seed);
    const { low, high } = aucInterval({ labels }, scores, 0.95);
    return low <= truth && truth <= high;
  }).filter(Boolean).length;
  assert.ok(held >= 90, `${held} of 100`);
});

test('an area of 1 or 0 has a bound on one side, by the images of the rarer class', () => {
  const labels = [...Array<number>(40).fill(0), ...Array<number>(10).fill(1)];
  const right = aucInterval({ labels }, labels, 0.95);
  assert.deepEqual(
    [right.estimate, right.low.toFixed(3), right.high, right.method],
    [1, '0.741', 1, 'one-sided'],
  );
  const wrong = aucInterval(
    { labels },
    labels.map((label) => -label),
    0.95,
  );
  assert.deepEqual([wrong.estimate, wrong.low, wrong.high.toFixed(3)], [0, 0, '0.259']);
});

test('frames of a few videos say less than as many images, and the interval is that of whole videos', () => {
  const { labels, scores } = drawnScores(40, 40, 1, 4);
  const frames = [labels, scores].map((values) =>
    values.flatMap((value) => Array<number>(10).fill(value)),
  );
  const groups = labels.flatMap((_, video) => Array<string>(10).fill(`video ${video}`));
  const alone = aucInterval({ labels: frames[0]! }, frames[1]!, 0.95);
  const grouped = aucInterval({ labels: frames[0]!, groups }, frames[1]!, 0.95);
  const videos = aucInterval({ labels }, scores, 0.95);
  assert.equal(grouped.method, 'group-delong');
  assert.equal(grouped.estimate, auc(countAtThresholds(labels, scores)));
  const width = ({ low, high }: { low: number; high: number }) => high - low;
  assert.ok(width(alone) < 0.4 * width(grouped));
  assert.ok(Math.abs(width(grouped) / width(videos) - 1) < 1e-9);
});

test('groups of one image each change nothing', () => {
  const { labels, scores } = drawnScores(20, 20, 1, 5);
  const groups = labels.map((_, i) => `${i}`);
  assert.deepEqual(
    aucInterval({ labels, groups }, scores, 0.9),
    aucInterval({ labels }, scores, 0.9),
  );
});

test('perfect frames count as the videos they come from', () => {
  const labels = [0, 0, 0, 1, 1, 1, 0, 1];
  const groups = ['a', 'a', 'b', 'c', 'c', 'd', 'e', 'e'];
  const { low } = aucInterval({ labels, groups }, labels, 0.95);
  assert.equal(low, perfectAreaBound(2, 0.95)); // a with c, b with d, and e with nothing left
});

test('one score for everything shows no spread', () => {
  const { estimate, low, high } = aucInterval({ labels: [0, 0, 1, 1] }, [3, 3, 3, 3], 0.95);
  assert.deepEqual([estimate, low, high], [0.5, Number.NaN, Number.NaN]);
});

test('without one of the classes all is undefined', () => {
  const { estimate, low, high } = aucInterval({ labels: [1, 1] }, [1, 2], 0.95);
  assert.deepEqual([estimate, low, high], [Number.NaN, Number.NaN, Number.NaN]);
});
