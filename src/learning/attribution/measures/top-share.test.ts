import assert from 'node:assert/strict';
import { test } from 'node:test';
import { topShare } from './top-share.ts';

test('the example of the docstring', () => {
  assert.equal(topShare(Float32Array.of(6, 2, 1, 1)), 0.6);
});

test('a map of one value everywhere has a tenth of it in a tenth of its pixels, one of zeros has no share', () => {
  assert.equal(topShare(new Float32Array(100).fill(3)), 0.1);
  assert.equal(topShare(Float32Array.from({ length: 100 }, (_, i) => (i < 5 ? 2 : 0))), 1);
  assert.equal(topShare(new Float32Array(100)), Number.NaN);
});

test('the unit of a map does not change it', () => {
  const map = Float32Array.from({ length: 200 }, (_, i) => Math.abs(Math.sin(i)));
  assert.ok(Math.abs(topShare(map) - topShare(map.map((value) => 1000 * value))) < 1e-6);
});
