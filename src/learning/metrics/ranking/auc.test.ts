import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { auc } from './auc.ts';

test('the example of the docstring', () => {
  assert.equal(auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]), 0.75);
});

test('it is undefined when a class is missing', () => {
  assert.equal(auc([1, 1], [0.2, 0.7]), Number.NaN);
  assert.equal(auc([], []), Number.NaN);
});

test('it is the share of pairs in the right order, ties counting half', () => {
  const item = fc.record({ label: fc.constantFrom(0, 1), score: fc.integer({ min: -3, max: 3 }) });
  fc.assert(
    fc.property(fc.array(item, { maxLength: 12 }), (items) => {
      const of = (label: number) => items.filter((it) => it.label === label).map((it) => it.score);
      const pairs = of(1).flatMap((high) => of(0).map((low) => (Math.sign(high - low) + 1) / 2));
      const share = pairs.reduce((sum, pair) => sum + pair, 0) / pairs.length;

      assert.equal(
        auc(
          items.map((it) => it.label),
          items.map((it) => it.score),
        ),
        share,
      );
    }),
  );
});
