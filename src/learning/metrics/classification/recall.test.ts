import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recall } from './recall.ts';

test('the example of the docstring', () => {
  assert.equal(recall([0, 0, 1, 1], [0, 1, 1, 0]), 0.5);
});

test('where there are no positives, it is 0', () => {
  assert.equal(recall([0, 0], [0, 1]), 0);
});
