import assert from 'node:assert/strict';
import { test } from 'node:test';
import { integerTicks } from './integer-ticks.ts';

test('few whole numbers are all ticks', () => {
  assert.deepEqual(integerTicks(1, 5), [1, 2, 3, 4, 5]);
  assert.deepEqual(integerTicks(1, 1), [1]);
});

test('many are thinned to round ones', () => {
  assert.deepEqual(integerTicks(1, 20), [2, 4, 6, 8, 10, 12, 14, 16, 18, 20]);
  assert.deepEqual(integerTicks(1, 100), [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
});
