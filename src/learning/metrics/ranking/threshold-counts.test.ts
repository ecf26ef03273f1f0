import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Random } from '../../../random.ts';
import { auc, partialAuc } from './auc.ts';
import { equalErrorRate } from './chosen-thresholds.ts';
import { averagePrecision, precisionsAt } from './precision-recall.ts';
import { truePositiveRatesAt } from './roc-curve.ts';
import { addPrecisions, countAtThresholds, countDraws, rankScores } from './threshold-counts.ts';

const items = fc.array(
  fc.record({
    label: fc.constantFrom(0, 1),
    score: fc.integer({ min: -4, max: 4 }),
    weight: fc.nat(3),
  }),
  { maxLength: 20 },
);

test('counts are those of the items at or above each distinct score', () => {
  fc.assert(
    fc.property(items, (items) => {
      const labels = items.map(({ label }) => label);
      const scores = items.map(({ score }) => score);
      const counts = countAtThresholds(labels, rankScores(scores));
      const distinct = [...new Set(scores)].sort((a, b) => b - a);
      const count = (label: number, least: number) =>
        items.filter((item) => item.label === label && item.score >= least).length;
      assert.deepEqual([...counts.thresholds], distinct);
      assert.deepEqual(
        [...counts.truePositives],
        distinct.map((least) => count(1, least)),
      );
      assert.deepEqual(
        [...counts.falsePositives],
        distinct.map((least) => count(0, least)),
      );
      assert.deepEqual(
        [counts.positives, counts.negatives],
        [count(1, -Infinity), count(0, -Infinity)],
      );
      assert.deepEqual(countAtThresholds(labels, scores), counts);
    }),
  );
});

test('a weight counts an item that many times', () => {
  fc.assert(
    fc.property(items, (items) => {
      const counts = countAtThresholds(
        items.map(({ label }) => label),
        rankScores(items.map(({ score }) => score)),
        { weights: items.map(({ weight }) => weight) },
      );
      const repeated = items.flatMap((it) => Array<typeof it>(it.weight).fill(it));
      const labels = repeated.map(({ label }) => label);
      const scores = repeated.map(({ score }) => score);
      assert.deepEqual(counts, countAtThresholds(labels, scores));
    }),
  );
});

test('draws are counted as weights are, but keep the thresholds that nothing reaches', () => {
  fc.assert(
    fc.property(items, fc.array(fc.nat(3), { minLength: 20, maxLength: 20 }), (items, first) => {
      const labels = items.map(({ label }) => label);
      const ranking = rankScores(items.map(({ score }) => score));
      const draw = countDraws(labels, ranking);
      draw(Uint8Array.from(first.slice(0, items.length)));
      const drawn = draw(Uint8Array.from(items, ({ weight }) => weight));
      const expected = countAtThresholds(labels, ranking, {
        weights: items.map(({ weight }) => weight),
      });
      const { precisions, ...counts } = drawn;
      const { thresholds, truePositives, falsePositives } = counts;
      const reached = thresholds.map((_, i) => truePositives[i]! + falsePositives[i]!);
      const isKept = (_: unknown, i: number) => reached[i] !== (i === 0 ? 0 : reached[i - 1]);
      assert.deepEqual(
        {
          ...counts,
          thresholds: thresholds.filter(isKept),
          truePositives: truePositives.filter(isKept),
          falsePositives: falsePositives.filter(isKept),
        },
        expected,
      );
      const none = { sum: 0, before: 0 };
      assert.equal(precisions, addPrecisions(counts, 0, thresholds.length, none));
      // Every measure is the same.
      assert.equal(auc(drawn), auc(expected));
      assert.equal(partialAuc(drawn, 0.3), partialAuc(expected, 0.3));
      assert.equal(averagePrecision(drawn), averagePrecision(expected));
      assert.equal(equalErrorRate(drawn).rate, equalErrorRate(expected).rate);
      assert.deepEqual(
        truePositiveRatesAt(drawn, [0, 0.1, 1]),
        truePositiveRatesAt(expected, [0, 0.1, 1]),
      );
      assert.deepEqual(precisionsAt(drawn, [0, 0.5, 1]), precisionsAt(expected, [0, 0.5, 1]));
    }),
  );
});

test('the counts and precisions of draws do not depend on where a block of thresholds ends', () => {
  const random = new Random('blocks');
  const labels = Array.from({ length: 5000 }, () => random.integer(2));
  const scores = Array.from(labels, (label) => Math.round(2000 * (random.normal() + label)));
  const weights = Uint8Array.from(labels, () => random.integer(3));
  const ranking = rankScores(scores);
  const { precisions, ...counts } = countDraws(labels, ranking)(weights);
  const reached = countAtThresholds(labels, ranking, { weights });
  assert.ok(counts.thresholds.length > 3000);
  assert.equal(auc(counts), auc(reached));
  assert.equal(precisions / counts.positives, averagePrecision(reached));
});

test('scores that are not finite and labels other than 0 and 1 are refused with their index', () => {
  assert.throws(
    () => countAtThresholds([0, 1], [0.5, Number.NaN]),
    new RangeError('Expected a finite score, got NaN at index 1'),
  );
  assert.throws(
    () => countAtThresholds([0, 2], [0.5, 1]),
    new RangeError('Expected the label 0 or 1, got 2 at index 1'),
  );
});
