import assert from 'node:assert/strict';
import { test } from 'node:test';
import { precision } from './precision.ts';

test('the example of the docstring', () => {
  assert.equal(precision([0, 0, 1, 1], [0, 1, 1, 1]), 2 / 3);
});

test('where nothing is called positive, it is 0', () => {
  assert.equal(precision([0, 1], [0, 0]), 0);
});
