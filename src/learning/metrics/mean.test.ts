import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mean } from './mean.ts';

test('the example: 1 2 3 6 have the mean 3, and none have NaN', () => {
  assert.equal(mean([1, 2, 3, 6]), 3);
  assert.equal(mean(Float64Array.of(1, 2, 3, 6)), 3);
  assert.equal(mean([]), Number.NaN);
});
