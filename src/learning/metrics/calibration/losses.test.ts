import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brier } from '../testing-scores.ts';
import { crossEntropy } from './losses.ts';

test('the examples of the docstrings', () => {
  assert.equal(brier([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).toFixed(6), '0.158125');
  assert.equal(crossEntropy([0, 1], [0, 0, 0, 0]), Math.LN2);
  assert.ok(
    Math.abs(crossEntropy([0, 1], [1, -1, 1, -1]) - (Math.log(1 + Math.E ** 2) - 1)) < 1e-15,
  );
});

test('logits far apart neither overflow nor vanish', () => {
  assert.equal(crossEntropy([1], [1e6, -1e6]), 2e6);
  assert.ok(crossEntropy([1], [-20, 20]) > 4e-18);
});

test('a NaN logit shows, and losses of no items are undefined', () => {
  assert.equal(crossEntropy([0, 1], [0, 1, Number.NaN, 1]), Number.NaN);
  assert.equal(crossEntropy([], []), Number.NaN);
  assert.equal(brier([], []), Number.NaN);
});
