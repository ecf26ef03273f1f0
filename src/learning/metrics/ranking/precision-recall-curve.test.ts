import assert from 'node:assert/strict';
import { test } from 'node:test';
import { precisionRecallCurve } from './precision-recall-curve.ts';

test('the example of the docstring', () => {
  const { precision, recall, thresholds } = precisionRecallCurve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]);

  assert.deepEqual([...precision], [1 / 2, 2 / 3, 1 / 2, 1, 1]);
  assert.deepEqual([...recall], [1, 1, 1 / 2, 1 / 2, 0]);
  assert.deepEqual([...thresholds], [0.1, 0.35, 0.4, 0.8]);
});
