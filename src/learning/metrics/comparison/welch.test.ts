import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markOf, welch } from './welch.ts';

test('Welch has the example of its page, and the p-value of SciPy', () => {
  const { p, freedom } = welch(1, [
    [0.25, 2],
    [0.25, 2],
  ]);
  assert.equal(freedom, 4);
  assert.ok(Math.abs(p - 0.2302) < 5e-5, `${p}`); // scipy.stats.t.sf(1 / sqrt(0.5), 4) * 2
});

test('without a spread there is no p, and no mark', () => {
  assert.deepEqual(welch(1, [[0, 2]]), { p: Number.NaN, freedom: Number.NaN, error: Number.NaN });
  assert.deepEqual([Number.NaN, 0.05, 0.049, 0.0099, 0.0009].map(markOf), [
    '',
    '',
    '*',
    '**',
    '***',
  ]);
});
