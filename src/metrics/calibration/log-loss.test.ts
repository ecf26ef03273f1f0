import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logLoss } from './log-loss.ts';

test('the example of the docstring', () => {
  assert.equal(logLoss([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).toFixed(6), '0.472288');
});

test('a sure mistake is not everything, a NaN shows', () => {
  assert.equal(logLoss([1], [0]), -Math.log(Number.EPSILON));
  assert.equal(logLoss([1, 0], [Number.NaN, 0]), Number.NaN);
});
