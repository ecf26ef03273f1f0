import assert from 'node:assert/strict';
import { test } from 'node:test';
import { f1 } from './f1.ts';

test('the example of the docstring', () => {
  assert.equal(f1([0, 0, 1, 1], [0, 1, 1, 1]), 0.8);
});

test('where nothing is positive, neither by label nor by prediction, it is 0', () => {
  assert.equal(f1([0, 0], [0, 0]), 0);
});
