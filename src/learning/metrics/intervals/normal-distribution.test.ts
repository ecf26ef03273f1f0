import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalCdf, normalQuantile, twoSidedChance } from './normal-distribution.ts';
import { golden } from './testing-intervals.ts';

test('the examples of the docstrings', () => {
  assert.equal(normalCdf(0), 0.5);
  assert.equal(normalCdf(1.96).toFixed(4), '0.9750');
  assert.equal(normalQuantile(0.975).toFixed(6), '1.959964');
  assert.equal(twoSidedChance(-1.96).toFixed(3), '0.050');
});

test('chances and quantiles are SciPy’s, far into the tails', () => {
  for (const [z, chance] of golden.normal) {
    assert.ok(
      Math.abs(normalCdf(z) / chance - 1) < 1e-12,
      `${z}: expected ${chance}, got ${normalCdf(z)}`,
    );
  }
  for (const [chance, z] of golden.quantile) {
    // Above a half the chance itself is rounded, which moves z.
    const bound = chance > 0.999 ? 1e-4 : 1e-12;
    assert.ok(
      Math.abs(normalQuantile(chance) - z) <= bound * Math.max(1, Math.abs(z)),
      `${chance}: expected ${z}`,
    );
  }
});

test('certain events lie at infinity, and there is no chance outside 0 to 1', () => {
  assert.deepEqual([normalQuantile(0), normalQuantile(1)], [-Infinity, Infinity]);
  assert.deepEqual([normalQuantile(-0.1), normalQuantile(Number.NaN)], [Number.NaN, Number.NaN]);
  assert.deepEqual([normalCdf(-Infinity), normalCdf(Infinity)], [0, 1]);
});
