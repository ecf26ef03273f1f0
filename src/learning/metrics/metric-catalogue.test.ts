import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crossEntropy } from './calibration/losses.ts';
import { confusion, majorityAccuracy } from './confusion.ts';
import {
  betterFirst,
  chanceLevel,
  detectorMetrics,
  findMetric,
  headlineMetrics,
  metric,
  metricCatalogue,
  titleOfPath,
} from './metric-catalogue.ts';
import { metricsOfLogits } from './split-statistics.ts';
import { brier } from './testing-scores.ts';

test('a path in a metrics file leads to its metric', () => {
  assert.equal(findMetric('test.auc')?.title, 'AUC');
  assert.equal(findMetric('equalErrorRate')?.better, 'lower');
  assert.equal(findMetric('test.confusion.truePositives'), undefined);
});

test('a path is written out for an axis, and stays where it leads to no metric', () => {
  assert.deepEqual(['test.auc', 'val.majorityAccuracy', 'accuracy', 'gradient.topShare'].map(titleOfPath), [
    'AUC on test',
    'Majority class on val',
    'Accuracy',
    'gradient.topShare',
  ]);
});

test('names are unique, and levels of chance lie within the range', () => {
  assert.equal(new Set(metricCatalogue.map(({ name }) => name)).size, metricCatalogue.length);
  for (const { name } of metricCatalogue) {
    const { range } = metric(name);
    const level = chanceLevel(metric(name), 0.3) ?? range[0];
    assert.ok(range[0] <= level && level <= range[1], name);
  }
});

test('chance is what an answer without information gets: the class shares as probabilities', () => {
  const labels = [1, 0, 0, 0];
  const probabilities = labels.map(() => 0.25);
  const near = (one: number | undefined, other: number) => assert.ok(Math.abs(one! - other) < 1e-12, `${one} ${other}`);
  near(chanceLevel(metric('accuracy'), 0.25), majorityAccuracy(confusion(labels, labels)));
  near(chanceLevel(metric('brier'), 0.25), brier(labels, probabilities));
  const logit = Math.log(0.25 / 0.75);
  near(
    chanceLevel(metric('loss'), 0.25),
    crossEntropy(
      labels,
      labels.flatMap(() => [0, logit]),
    ),
  );
  near(chanceLevel(metric('loss'), 0.5), Math.LN2);
});

test('only some levels of chance do not depend on the class shares', () => {
  assert.equal(chanceLevel(metric('auc')), 0.5);
  assert.equal(chanceLevel(metric('matthewsCorrelation')), 0);
  assert.equal(chanceLevel(metric('accuracy')), undefined);
  assert.equal(chanceLevel(metric('recall')), undefined);
});

test('the better value comes first', () => {
  assert.deepEqual(
    [0.2, 0.9, 0.5].sort((a, b) => betterFirst(metric('auc'), a, b)),
    [0.9, 0.5, 0.2],
  );
  assert.deepEqual(
    [0.2, 0.9, 0.5].sort((a, b) => betterFirst(metric('loss'), a, b)),
    [0.2, 0.5, 0.9],
  );
});

test('reports begin with the AUC', () => {
  assert.equal(headlineMetrics[0]?.name, 'auc');
  assert.equal(headlineMetrics.length, 6);
});

test('the metrics of two classes alone are those that three lack', () => {
  const namesOf = (count: number) => {
    const classes = Array.from({ length: count }, (_, c) => String(c));
    const logits = classes.flatMap((_, label) => classes.map((_, c) => Number(c === label)));
    return Object.keys(metricsOfLogits([...classes.keys()], logits, classes));
  };
  const three = namesOf(3);
  assert.deepEqual(new Set(namesOf(2).filter((name) => !three.includes(name))), detectorMetrics);
});
