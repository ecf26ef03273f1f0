import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linearTicks, logarithmicTicks, tickText, tickTexts } from './axis-ticks.ts';

test('ticks are round numbers within the axis', () => {
  assert.deepEqual(linearTicks([0.13, 0.88], 4), [0.2, 0.4, 0.6, 0.8]);
  assert.deepEqual(logarithmicTicks([0.0004, 0.2]), [0.001, 0.01, 0.1]);
  assert.deepEqual(logarithmicTicks([3, 60]), [5, 10, 20, 50]);
});

test('ticks are short, and those of one axis have the same decimals', () => {
  assert.deepEqual([0.0001, 0.00001, 20000, 2e6, -0.5].map(tickText), [
    '0.0001',
    '1e-5',
    '20000',
    '2e6',
    '−0.5',
  ]);
  assert.deepEqual(tickTexts([0.85, 0.9]), ['0.85', '0.90']);
  assert.deepEqual(tickTexts([0.00001, 0.1]), ['1e-5', '0.1']);
});
