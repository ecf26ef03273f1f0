import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricsOfLogits } from './metrics-of-logits.ts';

/** The logits of two classes whose difference, fake minus real, is the score. */
const logits = (scores: readonly number[]) => scores.flatMap((score) => [0, score]);

test('the logits of two classes have the metrics of a detector and those of a classifier', () => {
  const metrics = metricsOfLogits([0, 0, 1, 1], logits([-0.1, 0.4, 0.35, 0.8]), ['real', 'fake']);
  assert.equal(metrics['auc'], 0.75);
  assert.equal(metrics['accuracy'], 0.75);
  assert.equal(metrics['recall'], 1);
  assert.equal(metrics['precision'], 2 / 3);
  assert.equal(metrics['equalErrorRate'], 0.5);
  assert.equal(metrics['cohensKappa'], 0.5);
  assert.ok(metrics['loss']! > 0.4 && metrics['loss']! < 0.7);
});

test('without both classes nothing is ranked; more classes have no error rates', () => {
  const ofOneClass = metricsOfLogits([1, 1], logits([0.1, 0.2]), ['real', 'fake']);
  assert.deepEqual(
    [ofOneClass['auc'], ofOneClass['equalErrorRate'], ofOneClass['accuracy']],
    [Number.NaN, Number.NaN, 1],
  );
  const three = metricsOfLogits([0, 1, 2], [1, 0, 0, 0, 1, 0, 0, 0, 1], ['a', 'b', 'c']);
  assert.deepEqual([three['auc'], three['macroF1'], three['equalErrorRate']], [1, 1, undefined]);
});
