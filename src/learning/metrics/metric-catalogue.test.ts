import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  axisTitle,
  baselineOf,
  betterFirst,
  chosenBy,
  comparedMetrics,
  findMetric,
  headlineMetrics,
  measuredPart,
  metric,
  metricCatalogue,
  titleOfPath,
} from './metric-catalogue.ts';
import { metricsOfLogits } from './metrics-of-logits.ts';

test('a path in a metrics file leads to its metric', () => {
  assert.equal(findMetric('test.auc')?.title, 'AUC');
  assert.equal(findMetric('equalErrorRate')?.better, 'lower');
  assert.equal(findMetric('test.confusion.truePositives'), undefined);
});

test('a path is written out for an axis, and stays where it leads to no metric', () => {
  assert.deepEqual(
    ['test.auc', 'val.majorityAccuracy', 'accuracy', 'gradient.topShare'].map(titleOfPath),
    ['AUC on test', 'Majority class on val', 'Accuracy', 'gradient.topShare'],
  );
});

test('names are unique, and levels of chance lie within the range', () => {
  assert.equal(new Set(metricCatalogue.map(({ name }) => name)).size, metricCatalogue.length);
  for (const { name } of metricCatalogue) {
    const { range, chance: level = range[0] } = metric(name);
    assert.ok(range[0] <= level && level <= range[1], name);
  }
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

test('comparisons of runs begin with four metrics', () => {
  assert.deepEqual(
    comparedMetrics.map(({ name }) => name),
    ['auc', 'accuracy', 'equalErrorRate', 'loss'],
  );
});

test('the baseline of a metric is a metric of the table', () => {
  const named = metricCatalogue.map(({ name }) => metric(name)).filter(({ baseline }) => baseline);
  assert.deepEqual(
    named.map((row) => [row.name, baselineOf(row)?.name]),
    [['accuracy', 'majorityAccuracy']],
  );
});

test('the accuracy shows which parts of a metrics file were measured', () => {
  assert.deepEqual(
    ['test.accuracy', 'a.val.accuracy', 'accuracy', 'test.auc', 'test.top3Accuracy', 'images'].map(
      measuredPart,
    ),
    ['test', 'a.val', '', undefined, undefined, undefined],
  );
});

test('an axis has the unit of its metric', () => {
  assert.equal(axisTitle('accuracy'), 'Accuracy');
  assert.equal(axisTitle('loss'), 'Loss (cross-entropy, nats)');
});

test('a metric is measured for the numbers of classes that the table says', () => {
  const namesOf = (count: number) => {
    const classes = Array.from({ length: count }, (_, c) => String(c));
    const logits = classes.flatMap((_, label) => classes.map((_, c) => Number(c === label)));
    return Object.keys(metricsOfLogits([...classes.keys()], logits, classes));
  };
  for (const count of [3, 4, 6]) {
    const expected = chosenBy.filter((name) => {
      const { least = 0, most = count } = metric(name).classes ?? {};
      return least <= count && count <= most;
    });
    assert.deepEqual(new Set(namesOf(count)), new Set(expected));
  }
  // Training may also choose by those that a file of more classes has.
  const few = chosenBy.filter((name) => (metric(name).classes?.least ?? 0) <= 3);
  assert.deepEqual(new Set(namesOf(2)), new Set(few));
});
