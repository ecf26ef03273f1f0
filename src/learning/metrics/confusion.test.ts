import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  accuracy,
  balancedAccuracy,
  confusion,
  f1,
  majorityAccuracy,
  matthewsCorrelation,
  precision,
  recall,
} from './confusion.ts';

const example = confusion([0, 0, 1, 1], [0, 1, 1, 1]);

test('the examples of the docstrings', () => {
  assert.deepEqual(example, {
    trueNegatives: 1,
    falsePositives: 1,
    falseNegatives: 0,
    truePositives: 2,
  });
  assert.equal(accuracy(example), 0.75);
  assert.equal(majorityAccuracy(confusion([0, 0, 0, 1], [0, 1, 0, 1])), 0.75);
  assert.equal(balancedAccuracy(example), 0.75);
  assert.equal(precision(example), 2 / 3);
  assert.equal(recall(confusion([0, 0, 1, 1], [0, 1, 1, 0])), 0.5);
  assert.equal(f1(example), 0.8);
  assert.equal(matthewsCorrelation(example).toFixed(5), '0.57735');
});

test('accuracies and the correlation are undefined for no items', () => {
  const none = confusion([], []);
  for (const metric of [accuracy, majorityAccuracy, balancedAccuracy, matthewsCorrelation]) {
    assert.equal(metric(none), Number.NaN);
  }
});

test('labels and predictions of different lengths are refused', () => {
  assert.throws(
    () => confusion([0, 1], [0]),
    new RangeError('Expected one prediction for each of 2 labels, got 1'),
  );
});

test('the balanced accuracy counts the classes alike, however rare one is, and leaves out a missing one', () => {
  assert.equal(balancedAccuracy(confusion([0, 0, 0, 1], [0, 0, 0, 0])), 0.5);
  assert.equal(balancedAccuracy(confusion([1, 1], [0, 1])), 0.5);
});

test('precision, recall and F1 are 0 where there is nothing to share', () => {
  assert.equal(precision(confusion([0, 1], [0, 0])), 0);
  assert.equal(recall(confusion([0, 0], [0, 1])), 0);
  assert.equal(f1(confusion([0, 0], [0, 0])), 0);
});

test('calling everything one class correlates with nothing, calling everything wrong is -1', () => {
  assert.equal(matthewsCorrelation(confusion([0, 0, 0, 1], [0, 0, 0, 0])), 0);
  assert.equal(matthewsCorrelation(confusion([0, 1], [1, 0])), -1);
});
