import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { logitDifferences, positiveProbabilities, predictedClasses } from './arithmetic/logits.ts';
import { calibrationBins, expectedCalibrationError } from './calibration/calibration-bins.ts';
import { crossEntropy } from './calibration/losses.ts';
import { fitTemperature } from './calibration/temperature.ts';
import {
  accuracy,
  balancedAccuracy,
  f1Of,
  matthewsCorrelation,
  precisionOf,
  recallOf,
} from './classification/decision-metrics.ts';
import { confusion, decisionsOfSides } from './detector-confusion.ts';
import { auc, partialAuc } from './ranking/auc.ts';
import { equalErrorRate, youdenThreshold } from './ranking/chosen-thresholds.ts';
import { detCurve } from './ranking/det-curve.ts';
import { averagePrecision, precisionRecallCurve } from './ranking/precision-recall.ts';
import { rocCurve, truePositiveRatesAt } from './ranking/roc-curve.ts';
import { countAtThresholds } from './ranking/threshold-counts.ts';
import { brier } from './testing-scores.ts';

/** What JSON has no number for is written as text. */
type Numbers = number | 'NaN' | 'Infinity' | readonly Numbers[];

/** Made by scikit-learn: test/golden/metrics.py. */
const cases = JSON.parse(
  readFileSync(new URL('../../../test/golden/metrics.json', import.meta.url), 'utf8'),
) as readonly ({
  readonly name: string;
  readonly labels: readonly number[];
  readonly logits: readonly number[];
  readonly weights?: readonly number[];
  readonly calibration: Record<'bins' | 'error', Numbers>;
  readonly fewBins: Record<'bins' | 'error', Numbers>;
  /** Absent where one class is. */
  readonly ranking?: Record<
    'det' | 'equalErrorRate' | 'auc' | 'partialAuc' | 'truePositiveRateAt' | 'youden',
    Numbers
  >;
} & Record<
  | ('roc' | 'rocWithAllPoints' | 'precisionRecall')
  | (
      | 'averagePrecision'
      | 'accuracy'
      | 'balancedAccuracy'
      | 'matthewsCorrelation'
      | 'precision'
      | 'recall'
      | 'f1'
    )
  | ('crossEntropy' | 'brier' | 'temperature' | 'confusion'),
  Numbers
>)[];

for (const { name, labels, logits, weights, ranking, calibration, fewBins, ...golden } of cases) {
  const scores = logitDifferences(logits);
  const predictions = predictedClasses(logits);
  const fake = positiveProbabilities(scores);

  test(`all metrics are scikit-learn’s for ${name}`, () => {
    assertClose(rocCurve(countAtThresholds(labels, scores, { weights })), golden.roc);
    assertClose(
      rocCurve(countAtThresholds(labels, scores, { weights }), { dropIntermediate: false }),
      golden.rocWithAllPoints,
    );
    assertClose(
      precisionRecallCurve(countAtThresholds(labels, scores, { weights })),
      golden.precisionRecall,
    );
    assertClose(
      averagePrecision(countAtThresholds(labels, scores, { weights })),
      golden.averagePrecision,
    );
    const counts = confusion(labels, predictions, { weights });
    const decisions = decisionsOfSides(counts);
    assertClose(accuracy(decisions), golden.accuracy);
    assertClose(balancedAccuracy(decisions), golden.balancedAccuracy);
    assertClose(matthewsCorrelation(decisions), golden.matthewsCorrelation);
    assertClose(precisionOf(decisions, 1), golden.precision);
    assertClose(recallOf(decisions, 1), golden.recall);
    assertClose(f1Of(decisions, 1), golden.f1);
    assertClose(crossEntropy(labels, logits, { weights }), golden.crossEntropy);
    assertClose(brier(labels, fake, { weights }), golden.brier);
    assertClose(counts, golden.confusion);
    assertClose(fitTemperature(labels, scores, { weights }), golden.temperature);
  });

  test(`calibration is scikit-learn’s for ${name}`, () => {
    for (const [bins, { bins: columns, error }] of [
      [15, calibration] as const,
      [4, fewBins] as const,
    ]) {
      const made = calibrationBins(labels, fake, { bins, weights });
      assertClose(
        [
          made.map(({ items }) => items),
          made.map(({ meanProbability }) => meanProbability),
          made.map(({ positiveShare }) => positiveShare),
        ],
        columns,
      );
      assertClose(expectedCalibrationError(labels, fake, { bins, weights }), error);
    }
  });

  if (ranking === undefined) continue;
  test(`metrics that compare two classes are scikit-learn’s for ${name}`, () => {
    assertClose(detCurve(countAtThresholds(labels, scores, { weights })), ranking.det);
    assertClose(
      equalErrorRate(countAtThresholds(labels, scores, { weights })).rate,
      ranking.equalErrorRate,
    );
    assertClose(auc(countAtThresholds(labels, scores, { weights })), ranking.auc);
    const limits = [0.01, 0.1, 0.5, 1];
    assertClose(
      limits.map((limit) => partialAuc(countAtThresholds(labels, scores, { weights }), limit)),
      ranking.partialAuc,
    );
    assertClose(
      truePositiveRatesAt(countAtThresholds(labels, scores, { weights }), [0, ...limits]),
      ranking.truePositiveRateAt,
    );
    assertClose(
      youdenThreshold(countAtThresholds(labels, scores, { weights })).index,
      ranking.youden,
    );
  });
}

function assertClose(actual: unknown, expected: Numbers): void {
  if (typeof actual === 'object') {
    const values = ArrayBuffer.isView(actual)
      ? [...(actual as Float64Array)]
      : Object.values(actual!);
    assert.ok(Array.isArray(expected));
    assert.equal(values.length, expected.length);
    for (const [i, value] of values.entries()) assertClose(value, expected[i]);
    return;
  }
  const value = Number(actual);
  const wanted = Number(expected);
  const isClose =
    Object.is(value, wanted) || Math.abs(value - wanted) <= 1e-12 * Math.max(1, Math.abs(wanted));
  assert.ok(isClose, `Expected ${wanted}, got ${value}`);
}
