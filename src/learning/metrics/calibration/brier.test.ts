import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brier } from './brier.ts';

test('the example of the docstring', () => {
  assert.equal(brier([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).toFixed(6), '0.158125');
});

test('of no items there is none', () => {
  assert.equal(brier([], []), Number.NaN);
});
