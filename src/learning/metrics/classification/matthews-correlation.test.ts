import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matthewsCorrelation } from './matthews-correlation.ts';

test('the example of the docstring', () => {
  assert.equal(matthewsCorrelation([0, 0, 1, 1], [0, 1, 1, 1]).toFixed(5), '0.57735');
});

test('calling everything one class is worth nothing, calling everything wrong is -1', () => {
  assert.equal(matthewsCorrelation([0, 0, 0, 1], [0, 0, 0, 0]), 0);
  assert.equal(matthewsCorrelation([0, 1], [1, 0]), -1);
  assert.equal(matthewsCorrelation([], []), Number.NaN);
});
