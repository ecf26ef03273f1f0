import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameFew } from './name-few.ts';

test('four names are all told, and of five the first three', () => {
  assert.equal(nameFew(['fit', 'scores', 'roc', 'curves']), 'fit, scores, roc, curves');
  assert.equal(nameFew(['fit', 'scores', 'roc', 'curves', 'table']), 'fit, scores, roc, 2 more');
});
