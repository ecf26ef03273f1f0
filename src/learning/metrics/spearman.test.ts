import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { averageRanks, correlateRanks } from './spearman.ts';

const spearman = (first: readonly number[], second: readonly number[]) =>
  correlateRanks(averageRanks(first), averageRanks(second));

test('four items of which two change places', () => {
  assert.equal(spearman([1, 2, 3, 4], [1, 3, 2, 4]), 0.8);
});

test('rank correlations are SciPy’s, also where items share a rank', () => {
  // Made by test/golden/rank-correlation.py.
  const cases = JSON.parse(
    readFileSync(new URL('../../../test/golden/rank-correlation.json', import.meta.url), 'utf8'),
  ) as readonly { name: string; one: number[]; other: number[]; correlation: number }[];
  for (const { name, one, other, correlation } of cases) {
    assert.ok(
      Math.abs(spearman(one, other) - correlation) < 1e-12,
      `${name}: ${spearman(one, other)}`,
    );
  }
});

test('only the order counts, and equal numbers have none', () => {
  const values = [0.3, -2, 5, 5, 0];
  assert.equal(spearman(values, values.map(Math.exp)), 1);
  assert.equal(spearman(values, [7, 7, 7, 7, 7]), Number.NaN);
  assert.throws(() => spearman([1, 2], [1]), new RangeError('Expected 2 numbers, got 1'));
  assert.throws(
    () => spearman([1, Number.NaN], [1, 2]),
    new RangeError('Expected a finite score, got NaN at index 1'),
  );
});
