import assert from 'node:assert/strict';
import { test } from 'node:test';
import { balancedAccuracy } from './balanced-accuracy.ts';

test('the example of the docstring', () => {
  assert.equal(balancedAccuracy([0, 0, 1, 1], [0, 1, 1, 1]), 0.75);
});

test('the classes count alike, however rare one is', () => {
  assert.equal(balancedAccuracy([0, 0, 0, 1], [0, 0, 0, 0]), 0.5);
});

test('a missing class is left out; of no items there is none', () => {
  assert.equal(balancedAccuracy([1, 1], [0, 1]), 0.5);
  assert.equal(balancedAccuracy([], []), Number.NaN);
});
