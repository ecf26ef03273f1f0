import assert from 'node:assert/strict';
import { test } from 'node:test';
import { confusion, decisionsOfSides } from '../detector-confusion.ts';
import {
  accuracy,
  balancedAccuracy,
  classDecisions,
  cohensKappa,
  decisionsOf,
  f1Of,
  macroF1,
  majorityAccuracy,
  matthewsCorrelation,
  precisionOf,
  recallOf,
  unseenVariance,
} from './decision-metrics.ts';

/** The decisions of a detector, and of a classifier of the same two classes. */
function bothOf(labels: readonly number[], predictions: readonly number[]) {
  const counts = confusion(labels, predictions);
  const detector = decisionsOfSides(counts);
  return [detector, { ...detector, judged: [0, 1] }];
}

test('the examples of the docstrings', () => {
  for (const example of bothOf([0, 0, 1, 1], [0, 1, 1, 1])) {
    assert.equal(accuracy(example), 0.75);
    assert.equal(balancedAccuracy(example), 0.75);
    assert.equal(macroF1(example).toFixed(12), (11 / 15).toFixed(12));
    assert.equal(cohensKappa(example), 0.5);
    assert.equal(precisionOf(example, 1), 2 / 3);
    assert.equal(f1Of(example, 1), 0.8);
    assert.equal(matthewsCorrelation(example).toFixed(5), '0.57735');
  }
  for (const example of bothOf([0, 0, 1, 1], [0, 1, 1, 0])) assert.equal(recallOf(example, 1), 0.5);
  for (const example of bothOf([0, 0, 0, 1], [0, 1, 0, 1]))
    assert.equal(majorityAccuracy(example), 0.75);
  const units = new Map([
    [0, 9],
    [1, 90],
  ]);
  const mistakes = decisionsOf(Float64Array.of(9, 0, 30, 60));
  assert.equal(unseenVariance(mistakes, units).toFixed(5), '0.00132');
});

test('three classes have the same metrics as two', () => {
  const decisions = decisionsOf(Float64Array.of(1, 0, 0, 0, 1, 1, 0, 0, 1));
  assert.equal(accuracy(decisions), 3 / 4);
  assert.equal(balancedAccuracy(decisions), (1 + 1 / 2 + 1) / 3);
  assert.equal(cohensKappa(decisions).toFixed(12), (7 / 11).toFixed(12));
  assert.equal(matthewsCorrelation(decisions).toFixed(12), (7 / 10).toFixed(12));
});

test('accuracies and correlations are undefined for no images', () => {
  for (const none of bothOf([], [])) {
    const metrics = [accuracy, majorityAccuracy, balancedAccuracy, macroF1, cohensKappa];
    for (const metric of metrics) assert.equal(metric(none), Number.NaN);
  }
  const [detector, classifier] = bothOf([], []);
  assert.equal(matthewsCorrelation(detector!), Number.NaN);
  assert.equal(matthewsCorrelation(classifier!), 0);
});

test('the balanced accuracy counts the classes alike, however rare one is, and leaves out a missing one', () => {
  for (const rare of bothOf([0, 0, 0, 1], [0, 0, 0, 0])) assert.equal(balancedAccuracy(rare), 0.5);
  for (const missing of bothOf([1, 1], [0, 1])) assert.equal(balancedAccuracy(missing), 0.5);
});

test('precision, recall and F1 are 0 where there is nothing to share, and of a class without images undefined', () => {
  const [detector] = bothOf([0, 0], [0, 0]);
  assert.deepEqual(
    [precisionOf(detector!, 1), recallOf(detector!, 1), f1Of(detector!, 1)],
    [0, 0, 0],
  );
  const none = { precision: Number.NaN, recall: Number.NaN, f1: Number.NaN };
  assert.deepEqual(classDecisions(detector!)[1], none);
});

test('calling everything one class correlates with nothing, calling everything wrong is -1', () => {
  for (const constant of bothOf([0, 0, 0, 1], [0, 0, 0, 0]))
    assert.equal(matthewsCorrelation(constant), 0);
  for (const wrong of bothOf([0, 1], [1, 0]))
    assert.equal(matthewsCorrelation(wrong).toFixed(12), (-1).toFixed(12));
});
