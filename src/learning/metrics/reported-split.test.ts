import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOfTestSplit, reportedSplit } from './reported-split.ts';

test('a result reports on the test split, else on the last one', () => {
  assert.equal(reportedSplit(['val', 'test', 'abroad']), 'test');
  assert.equal(reportedSplit(['train', 'val']), 'val');
  assert.equal(reportedSplit([]), undefined);
});

test('a number of the test split has its name as the first step', () => {
  const ofTestSplit = ['test.auc', 'tests.auc', 'val.auc', 'test'].filter(isOfTestSplit);
  assert.deepEqual(ofTestSplit, ['test.auc']);
});
