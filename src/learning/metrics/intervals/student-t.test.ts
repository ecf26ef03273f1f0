import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { studentT, tInterval, twoSidedT } from './student-t.ts';

test('the examples of the docstrings', () => {
  assert.equal(studentT(0.95, 2).toFixed(4), '4.3027');
  const { mean, low, high } = tInterval([1, 2, 3], 0.95);
  assert.deepEqual([mean, low.toFixed(3), high.toFixed(3)], [2, '-0.484', '4.484']);
});

test('quantiles are SciPy’s for odd and even degrees of freedom, few and many', () => {
  // scipy.stats.t.ppf((1 + level) / 2, freedom), SciPy 1.15.3
  const golden = [
    [0.95, 1, 12.706204736432095],
    [0.95, 2, 4.302652729696142],
    [0.95, 3, 3.182446305284263],
    [0.95, 4, 2.7764451051977987],
    [0.9, 5, 2.0150483733330233],
    [0.99, 7, 3.4994832973505026],
    [0.5, 10, 0.6998120613124291],
    [0.95, 29, 2.045229642132703],
    [0.99, 1, 63.65674116287399],
    [0.95, 100, 1.9839715184496334],
    [0.95, 1000, 1.9623390808264074],
    [0.95, 1001, 1.9623367052808787],
    [0.999, 1500, 3.2970248490459717],
    [0.5, 5000, 0.674538820360874],
    [0.95, 1_000_000, 1.9599663568141066],
  ] as const;
  for (const [level, freedom, expected] of golden) {
    const t = studentT(level, freedom);
    assert.ok(
      Math.abs(t / expected - 1) < 1e-10,
      `${level}, ${freedom}: expected ${expected}, got ${t}`,
    );
    assert.ok(Math.abs(twoSidedT(-expected, freedom) - (1 - level)) < 1e-10);
  }
});

test('one value has no interval, equal ones an empty one, none no mean', () => {
  assert.deepEqual(tInterval([0.5], 0.95), { mean: 0.5, low: Number.NaN, high: Number.NaN });
  assert.deepEqual(tInterval([0.5, 0.5, 0.5], 0.95), { mean: 0.5, low: 0.5, high: 0.5 });
  assert.ok(Number.isNaN(tInterval([], 0.95).mean));
});

test('more confidence is wider, more values narrower', () => {
  const level = fc.double({ min: 0.01, max: 0.98, noNaN: true });
  const freedom = fc.integer({ min: 1, max: 60 });
  fc.assert(
    fc.property(level, freedom, (level, freedom) => {
      assert.ok(studentT(level + 0.01, freedom) > studentT(level, freedom));
      assert.ok(studentT(level, freedom + 1) < studentT(level, freedom));
    }),
  );
});
