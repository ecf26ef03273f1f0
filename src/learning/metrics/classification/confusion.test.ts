import assert from 'node:assert/strict';
import { test } from 'node:test';
import { confusion } from './confusion.ts';

test('the example of the docstring', () => {
  assert.deepEqual(confusion([0, 0, 1, 1], [0, 1, 1, 1]), {
    trueNegatives: 1,
    falsePositives: 1,
    falseNegatives: 0,
    truePositives: 2,
  });
});
