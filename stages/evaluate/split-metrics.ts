import { expectedCalibrationError } from '../../src/learning/metrics/calibration/calibration-bins.ts';
import { brier, crossEntropy } from '../../src/learning/metrics/calibration/losses.ts';
import {
  accuracy,
  balancedAccuracy,
  type Confusion,
  confusion,
  f1,
  majorityAccuracy,
  matthewsCorrelation,
  precision,
  recall,
} from '../../src/learning/metrics/confusion.ts';
import { fakeProbabilities, logitDifferences } from '../../src/learning/metrics/logits.ts';
import { partialAuc } from '../../src/learning/metrics/ranking/auc.ts';
import { equalErrorRate } from '../../src/learning/metrics/ranking/chosen-thresholds.ts';
import { averagePrecision } from '../../src/learning/metrics/ranking/precision-recall.ts';
import { truePositiveRateAt } from '../../src/learning/metrics/ranking/roc-curve.ts';
import { countAtThresholds, rankScores } from '../../src/learning/metrics/ranking/threshold-counts.ts';
import { weightedMean } from '../../src/learning/metrics/weights.ts';
import { type IntervalOptions, type Measured, measureAuc, type Scored, type Statistics } from './measure.ts';

/** Metrics of the order of the scores; undefined if a class is missing. */
const rankings = [
  'averagePrecision',
  'equalErrorRate',
  'partialAucTo10PercentFpr',
  'tprAt1PercentFpr',
  'tprAt10PercentFpr',
] as const;

type Decision = 'accuracy' | 'balancedAccuracy' | 'matthewsCorrelation';
type Calibration = 'loss' | 'brier' | 'calibrationError';
type Resampled = Decision | 'precision' | 'recall' | 'f1' | Calibration | (typeof rankings)[number];

/** The metrics of one split: an entry of the `metrics` output. Its `images` are groups if these are judged. */
export function splitMetrics(scored: Scored, { intervals, ...numbers }: Measured<Resampled>, options: IntervalOptions) {
  const { labels } = scored;
  const fake = labels.reduce((sum, label) => sum + label, 0);
  const { intervals: ofArea, ...area } = measureAuc(scored, options);
  const both = { ...numbers, ...area, intervals: { ...intervals, ...ofArea } };
  const { majorityAccuracy, ...predictions } = predictionsOf(scored);
  return {
    ...{ images: labels.length, real: labels.length - fake, fake, majorityAccuracy },
    ...(fake > 0 && fake < labels.length ? both : withoutRanking(both)),
    ...predictions,
  };
}

function predictionsOf({ labels, predictions }: Pick<Scored, 'labels' | 'predictions'>) {
  const counts = confusion(labels, predictions);
  const { trueNegatives, falseNegatives, falsePositives, truePositives } = counts;
  // A network that learned nothing predicts one class only.
  const called = { real: trueNegatives + falseNegatives, fake: falsePositives + truePositives };
  return { majorityAccuracy: majorityAccuracy(counts), confusion: counts, called };
}

/** Everything that is resampled, counted once for each resample. */
export function splitStatistics(scored: Scored): Statistics<Resampled> {
  const { labels, predictions, differences } = scored;
  const ranking = rankScores(differences);
  const calibration = calibrationStatistics(scored);
  return (weights) => {
    const called = confusion(labels, predictions, { weights });
    const counts = countAtThresholds(labels, ranking, { weights });
    return {
      ...decisions(called),
      precision: precision(called),
      recall: recall(called),
      f1: f1(called),
      ...calibration(weights),
      averagePrecision: averagePrecision(counts),
      equalErrorRate: equalErrorRate(counts).rate,
      partialAucTo10PercentFpr: partialAuc(counts, 0.1),
      tprAt1PercentFpr: truePositiveRateAt(counts, 0.01),
      tprAt10PercentFpr: truePositiveRateAt(counts, 0.1),
    };
  };
}

const decisions = (called: Confusion) => ({
  accuracy: accuracy(called),
  balancedAccuracy: balancedAccuracy(called),
  matthewsCorrelation: matthewsCorrelation(called),
});

function calibrationStatistics({ labels, logits, probabilities }: Scored): Statistics<Calibration> {
  // Computed once for each image, since the logarithms would take most of the time of resampling.
  const one = (values: Uint8Array | Float64Array, i: number, size = 1) => values.subarray(i * size, (i + 1) * size);
  const losses = Float64Array.from(labels, (_, i) => crossEntropy(one(labels, i), one(logits, i, 2)));
  const squares = Float64Array.from(labels, (_, i) => brier(one(labels, i), one(probabilities, i)));
  return (weights) => ({
    loss: weightedMean(labels.length, (i) => losses[i]!, { weights }),
    brier: weightedMean(labels.length, (i) => squares[i]!, { weights }),
    calibrationError: expectedCalibrationError(labels, probabilities, { weights }),
  });
}

/** With a single class present, some of these metrics are defined but meaningless. */
function withoutRanking<T extends Measured<Resampled | 'auc'>>(metrics: T): T {
  const none = Object.fromEntries([...rankings, 'auc'].map((name) => [name, null]));
  return { ...metrics, ...none, intervals: { ...metrics.intervals, ...none } };
}

/** Decisions at a threshold: images are called fake from this difference of their scores on, fake minus real. */
export const predictionsAt = (threshold: number, { differences }: Scored): Uint8Array =>
  Uint8Array.from(differences, (difference) => (difference >= threshold ? 1 : 0));

type AtThreshold = Decision | 'falsePositiveRate' | 'falseNegativeRate';

export function statisticsAt(predictions: Uint8Array, { labels }: Scored): Statistics<AtThreshold> {
  return (weights) => {
    const called = confusion(labels, predictions, { weights });
    const { trueNegatives, falsePositives, falseNegatives, truePositives } = called;
    return {
      ...decisions(called),
      falsePositiveRate: falsePositives / (falsePositives + trueNegatives),
      falseNegativeRate: falseNegatives / (falseNegatives + truePositives),
    };
  };
}

/** The metrics of decisions at a threshold. */
export function metricsAt(predictions: Uint8Array, { labels }: Scored, measured: Measured<AtThreshold>) {
  const { majorityAccuracy, ...others } = predictionsOf({ labels, predictions });
  return { majorityAccuracy, ...measured, ...others };
}

/** The calibration of logits divided by a temperature, which leaves predictions and ranking as they are. */
export function temperedStatistics(scored: Scored, temperature: number): Statistics<Calibration> {
  const logits = scored.logits.map((logit) => logit / temperature);
  const probabilities = fakeProbabilities(logitDifferences(scored.logits), temperature);
  return calibrationStatistics({ ...scored, logits, probabilities });
}
