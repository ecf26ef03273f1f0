import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { auc, partialAuc } from './auc.ts';
import { countAtThresholds } from './threshold-counts.ts';

const example = countAtThresholds([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]);

test('the examples of the docstrings', () => {
  assert.equal(auc(example), 0.75);
  assert.ok(Math.abs(partialAuc(example, 0.5) - 2 / 3) < 1e-15);
});

test('the whole of a partial area is the AUC', () => {
  assert.equal(partialAuc(example, 1), 0.75);
});

test('areas are undefined when a class is missing', () => {
  assert.equal(auc(countAtThresholds([1, 1], [0.2, 0.7])), Number.NaN);
  assert.equal(auc(countAtThresholds([], [])), Number.NaN);
  assert.equal(partialAuc(countAtThresholds([1, 1], [1, 2]), 0.5), Number.NaN);
});

test('the AUC is the share of pairs in the right order, ties counting half', () => {
  const item = fc.record({ label: fc.constantFrom(0, 1), score: fc.integer({ min: -3, max: 3 }) });
  fc.assert(
    fc.property(fc.array(item, { maxLength: 12 }), (items) => {
      const of = (label: number) => items.filter((it) => it.label === label).map((it) => it.score);
      const pairs = of(1).flatMap((high) => of(0).map((low) => (Math.sign(high - low) + 1) / 2));
      const share = pairs.reduce((sum, pair) => sum + pair, 0) / pairs.length;
      const labels = items.map((it) => it.label);
      const scores = items.map((it) => it.score);
      assert.equal(auc(countAtThresholds(labels, scores)), share);
    }),
  );
});
