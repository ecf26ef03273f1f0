import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rankScores } from './rank-scores.ts';
import { countAtThresholds, countRanked } from './threshold-counts.ts';

const item = fc.record({
  label: fc.constantFrom(0, 1),
  score: fc.integer({ min: -4, max: 4 }),
  weight: fc.nat(3),
});

test('without weights the counts are those of the items', () => {
  fc.assert(
    fc.property(fc.array(item, { maxLength: 20 }), (items) => {
      const [labels, scores] = [items.map(({ label }) => label), items.map(({ score }) => score)];
      assert.deepEqual(countRanked(labels, rankScores(scores)), countAtThresholds(labels, scores));
    }),
  );
});

test('a weight counts an item so many times', () => {
  fc.assert(
    fc.property(fc.array(item, { maxLength: 20 }), (items) => {
      const counts = countRanked(
        items.map(({ label }) => label),
        rankScores(items.map(({ score }) => score)),
        items.map(({ weight }) => weight),
      );
      const repeated = items.flatMap((it) => Array<typeof it>(it.weight).fill(it));
      const [labels, scores] = [repeated.map(({ label }) => label), repeated.map(({ score }) => score)];
      assert.deepEqual(counts, countAtThresholds(labels, scores));
    }),
  );
});

test('a score that is not finite has no place', () => {
  assert.throws(() => rankScores([1, Number.NaN]), new RangeError('Expected a finite score, got NaN at index 1'));
});
