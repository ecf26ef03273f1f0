import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawnScores } from '../intervals/testing-intervals.ts';
import { auc } from '../ranking/auc.ts';
import { countAtThresholds, rankScores } from '../ranking/threshold-counts.ts';
import { areaDifference } from './area-difference.ts';
import { pairedDifference } from './paired-difference.ts';

const { labels, scores } = drawnScores(250, 150, 1, 1);
const noise = drawnScores(250, 150, 0, 2).scores;
const worse = scores.map((score, i) => score + 0.8 * noise[i]!);
const area = (of: readonly number[]) => {
  const ranking = rankScores(of);
  return (weights: Uint8Array) => auc(countAtThresholds(labels, ranking, { weights }));
};

test('the difference of two areas has DeLong’s interval and p-value, up to the error of the draws', () => {
  const drawn = pairedDifference({ labels, seed: 1 }, area(scores), area(worse), 0.95);
  const delong = areaDifference({ labels }, [scores, worse], 0.95);
  const tenth = (delong.high - delong.low) / 10;
  assert.equal(drawn.difference.toFixed(12), delong.difference.toFixed(12));
  assert.ok(Math.abs(drawn.low - delong.low) < tenth, `${drawn.low}, DeLong ${delong.low}`);
  assert.ok(Math.abs(drawn.high - delong.high) < tenth, `${drawn.high}, DeLong ${delong.high}`);
  assert.ok(Math.abs(drawn.p - delong.p) < 0.01, `${drawn.p}, DeLong ${delong.p}`);
});

test('p is the level at which the interval would end at 0', () => {
  const ends = (level: number) =>
    pairedDifference({ labels, seed: 1 }, area(scores), area(worse), level);
  const { p } = ends(0.95);
  assert.ok(p > 1e-6 && p < 0.05, `${p}`);
  assert.ok(ends(1 - 0.99 * p).low < 0 && ends(1 - 1.01 * p).low > 0);
});

test('draws that are all alike have no interval, and a p-value only where there is no difference', () => {
  const of = (first: number, second: number) => {
    const { difference, low, high, p } = pairedDifference(
      { labels, seed: 1 },
      () => first,
      () => second,
      0.95,
    );
    return [difference, low, high, p];
  };
  assert.deepEqual(of(1, 1), [0, Number.NaN, Number.NaN, 1]);
  assert.deepEqual(of(1, 0), [1, Number.NaN, Number.NaN, Number.NaN]);
});

test('one image of a class does not show the spread', () => {
  const statistics = [(weights: Uint8Array) => weights[0]!, () => 1] as const;
  const { difference, low, high, p } = pairedDifference(
    { labels: [0, 0, 1], seed: 1 },
    ...statistics,
    0.95,
  );
  assert.deepEqual([difference, low, high, p], [0, Number.NaN, Number.NaN, Number.NaN]);
});

test('a statistic that is undefined leaves all but the difference undefined', () => {
  const { p, low } = pairedDifference({ labels, seed: 1 }, area(scores), () => Number.NaN, 0.95);
  assert.deepEqual([p, low], [Number.NaN, Number.NaN]);
});

test('a difference of shares that two of twenty groups decide reaches as far up as down', () => {
  const classes = Array.from({ length: 100 }, (_, i) => (i < 50 ? 0 : 1));
  const groups = classes.map((_, i) => `video ${Math.floor(i / 5)}`);
  const gains: readonly number[] = classes.map((_, i) => (i < 8 ? 1 : 0));
  const share = (weights: Uint8Array) => {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return gains.reduce((sum, gain, i) => sum + gain * weights[i]!, 0) / total;
  };
  const unevenness = (form: { readonly range?: readonly [number, number] }) => {
    const sample = { labels: classes, groups, seed: 1 };
    const { difference, low, high } = pairedDifference(sample, share, () => 0, 0.95, form);
    return (high - difference) / (difference - low);
  };
  assert.ok(Math.abs(unevenness({ range: [-1, 1] }) - 1) < 0.05);
  assert.ok(unevenness({}) > 1.5, `${unevenness({})}`);
});
