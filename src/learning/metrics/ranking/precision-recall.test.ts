import assert from 'node:assert/strict';
import { test } from 'node:test';
import { averagePrecision, precisionRecallCurve, precisionsAt } from './precision-recall.ts';
import { countAtThresholds } from './threshold-counts.ts';

const example = countAtThresholds([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]);

test('the examples of the docstrings', () => {
  const { precision, recall, thresholds } = precisionRecallCurve(example);
  assert.deepEqual([...precision], [1 / 2, 2 / 3, 1 / 2, 1, 1]);
  assert.deepEqual([...recall], [1, 1, 1 / 2, 1 / 2, 0]);
  assert.deepEqual([...thresholds], [0.1, 0.35, 0.4, 0.8]);
  assert.deepEqual([...precisionsAt(example, [0, 0.5, 0.75])], [1, 1, 2 / 3]);
  assert.ok(Math.abs(averagePrecision(example) - 5 / 6) < 1e-15);
});

test('the average precision is 0 without positives, 1 without negatives, and undefined for no items', () => {
  assert.equal(averagePrecision(countAtThresholds([0, 0], [1, 2])), 0);
  assert.equal(averagePrecision(countAtThresholds([1, 1], [1, 2])), 1);
  assert.equal(averagePrecision(countAtThresholds([], [])), Number.NaN);
});

test('a recall of 7 of 100 is that of the seventh', () => {
  const labels = Array.from({ length: 200 }, (_, i) => (i < 7 || i >= 107 ? 1 : 0));
  const counts = countAtThresholds(
    labels,
    labels.map((_, i) => -i),
  );
  assert.deepEqual([...precisionsAt(counts, [0.07])], [1]);
});

test('tied items have the precision of chance, and without positives there is none', () => {
  assert.deepEqual(
    [...precisionsAt(countAtThresholds([0, 0, 1, 1], [2, 2, 2, 2]), [0, 1])],
    [0.5, 0.5],
  );
  assert.deepEqual([...precisionsAt(countAtThresholds([0], [2]), [0.5])], [Number.NaN]);
});
