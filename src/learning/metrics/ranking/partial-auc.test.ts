import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partialAuc } from './partial-auc.ts';

test('the example of the docstring', () => {
  assert.ok(Math.abs(partialAuc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], 0.5) - 2 / 3) < 1e-15);
});

test('all of it is the AUC; one class only has none', () => {
  assert.equal(partialAuc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], 1), 0.75);
  assert.equal(partialAuc([1, 1], [1, 2], 0.5), Number.NaN);
});
