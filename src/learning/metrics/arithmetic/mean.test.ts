import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mean, sampleVariance } from './mean.ts';

test('the example: 1 2 3 6 have the mean 3, and none have NaN', () => {
  assert.equal(mean([1, 2, 3, 6]), 3);
  assert.equal(mean(Float64Array.of(1, 2, 3, 6)), 3);
  assert.equal(mean([]), Number.NaN);
});

test('the sample variance of 1 2 3 is 1, and that of one value is undefined', () => {
  assert.equal(sampleVariance([1, 2, 3]), 1);
  assert.equal(sampleVariance([1]), Number.NaN);
});
