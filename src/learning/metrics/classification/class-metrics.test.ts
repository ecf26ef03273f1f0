import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fitClassTemperature, fitTemperature } from '../calibration/temperature.ts';
import { auc } from '../ranking/roc-curve.ts';
import { countAtThresholds } from '../ranking/threshold-counts.ts';
import type { ScoreTable } from '../scores-file.ts';
import { classDecisions, classStatistics, confusionMatrix, decisionsOf } from './class-metrics.ts';
import { classScoresOf } from './class-scores.ts';
import { handTillAuc } from './hand-till-auc.ts';

interface Golden {
  readonly name: string;
  readonly classes: number;
  readonly labels: readonly number[];
  readonly logits: readonly number[];
  readonly weights?: readonly number[];
  readonly confusion: readonly number[];
  readonly whole: Readonly<Record<string, number>>;
  readonly each: readonly (Readonly<Record<string, number>> | null)[];
  readonly temperature: number;
}

/** Made by scikit-learn: test/golden/classes.py. */
const cases = JSON.parse(
  readFileSync(new URL('../../../../test/golden/classes.json', import.meta.url), 'utf8'),
) as readonly Golden[];

function scored({ classes, labels, logits }: Pick<Golden, 'classes' | 'labels' | 'logits'>) {
  const names = Array.from({ length: classes }, (_, c) => `class ${c}`);
  const scoresOf = (i: number) => logits.slice(i * classes, (i + 1) * classes);
  const rows = labels.map((label, i) => ({ key: `${i}`, split: 'test', label, scores: scoresOf(i) }));
  const table: ScoreTable = { classes: names, names, rows };
  return classScoresOf(table, rows);
}

const near = (one: number, other: number, what: string, within = 1e-12) =>
  assert.ok(Math.abs(one - other) <= within, `${what}: ${one} ${other}`);

for (const golden of cases) {
  test(`all metrics are scikit-learn’s for ${golden.name}`, () => {
    const scores = scored(golden);
    const weights = golden.weights ?? golden.labels.map(() => 1);
    assert.deepEqual([...confusionMatrix(scores, { weights })], golden.confusion);
    const { whole, classes } = classStatistics(scores)(weights);
    for (const [name, value] of Object.entries(golden.whole)) near(whole[name as keyof typeof whole], value, name);
    for (const [c, one] of golden.each.entries()) {
      if (one === null) assert.deepEqual(classes[c], { precision: Number.NaN, recall: Number.NaN, f1: Number.NaN });
      else for (const [name, value] of Object.entries(one)) near(classes[c]![name as 'f1'], value, `${name} of ${c}`);
    }
    const { labels, logits } = scores;
    if (golden.weights === undefined) {
      near(fitClassTemperature(labels, logits, golden.classes), golden.temperature, 'temperature', 1e-6);
    }
  });
}

test('the examples of the docstrings', () => {
  assert.deepEqual(
    [...confusionMatrix({ classes: 2, labels: [0, 1, 1], predictions: [0, 1, 0] } as never)],
    [1, 0, 1, 1],
  );
  const { accuracy, balancedAccuracy, cohensKappa } = decisionsOf(Float64Array.of(1, 0, 0, 0, 1, 1, 0, 0, 1));
  near(accuracy, 3 / 4, 'accuracy');
  near(balancedAccuracy, 5 / 6, 'balanced accuracy');
  near(cohensKappa, 7 / 11, 'kappa');
  assert.equal(classDecisions(Float64Array.of(0, 0, 1, 1))[0]!.precision, Number.NaN);
  near(fitClassTemperature([0, 0, 1, 1], [0, -1, 0, 1, 0, 1, 0, 1], 2), 1 / Math.log(3), 'temperature');
});

test('area and temperature of two classes are those of the detector; separable classes have no temperature', () => {
  const logits = [0, 0.1, 0, 0.4, 0, 0.35, 0, 0.8];
  const scores = scored({ classes: 2, labels: [0, 0, 1, 1], logits });
  assert.equal(handTillAuc(scores)([1, 1, 1, 1]), auc(countAtThresholds([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])));
  near(
    fitClassTemperature([0, 0, 1, 1], logits, 2),
    fitTemperature([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]),
    'temperature',
  );
  assert.equal(fitClassTemperature([0, 1], [1, 0, 0, 1], 2), 0);
  assert.equal(fitClassTemperature([0, 1], [0, 1, 1, 0], 2), Infinity);
});
