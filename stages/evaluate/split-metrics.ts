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
import { partialAuc } from '../../src/learning/metrics/ranking/auc.ts';
import { equalErrorRate } from '../../src/learning/metrics/ranking/chosen-thresholds.ts';
import { averagePrecision } from '../../src/learning/metrics/ranking/precision-recall.ts';
import { truePositiveRateAt } from '../../src/learning/metrics/ranking/roc-curve.ts';
import { countAtThresholds, rankScores } from '../../src/learning/metrics/ranking/threshold-counts.ts';
import { weightedMean } from '../../src/learning/metrics/weights.ts';
import { type IntervalOptions, type Measured, measure, measureAuc, type Statistics } from './measure.ts';
import type { Scored } from './scored.ts';

/** What the higher score decides, images alike. */
type Decisions = 'accuracy' | 'balancedAccuracy' | 'matthewsCorrelation' | 'precision' | 'recall' | 'f1';
/** How far the probabilities are off; lower is better. */
export type Calibration = 'loss' | 'brier' | 'calibrationError';
/** What the order of the differences gives; undefined where a class is missing. */
const rankings = [
  'averagePrecision',
  'equalErrorRate',
  'partialAucTo10PercentFpr',
  'tprAt1PercentFpr',
  'tprAt10PercentFpr',
] as const;
type Ranking = (typeof rankings)[number];

/** How right scores are on one split: an entry of the `metrics` output. */
export type SplitMetrics = Counts & Measured<Decisions | Calibration | Ranking | 'auc'>;

/** What the images are, and what they are called. */
interface Counts {
  /** Or groups, where these are judged. */
  readonly images: number;
  readonly real: number;
  readonly fake: number;
  /** What calling everything the more frequent class would give. */
  readonly majorityAccuracy: number;
  readonly confusion: Confusion;
  /** How many are called what: of a network that learned nothing, all the same. */
  readonly called: Called;
}

export interface Called {
  readonly real: number;
  readonly fake: number;
}

export function splitMetrics(scored: Scored, options: IntervalOptions): SplitMetrics {
  const { labels, predictions } = scored;
  const fake = labels.reduce((sum, label) => sum + label, 0);
  const { intervals, ...numbers } = measure(scored, statistics(scored), options);
  const { intervals: ofArea, ...area } = measureAuc(scored, options);
  const both = { ...numbers, ...area, intervals: { ...intervals, ...ofArea } };
  const counted = confusion(labels, predictions);
  return {
    images: labels.length,
    real: labels.length - fake,
    fake,
    majorityAccuracy: majorityAccuracy(counted),
    ...(fake > 0 && fake < labels.length ? both : withoutRanking(both)),
    confusion: counted,
    called: calledOf(counted),
  };
}

/** Everything that the bootstrap draws, counted once for each draw. */
function statistics(scored: Scored): Statistics<Decisions | Calibration | Ranking> {
  const { labels, predictions, differences } = scored;
  const ranking = rankScores(differences);
  const calibration = calibrationStatistics(scored);
  return (weights) => {
    const called = confusion(labels, predictions, { weights });
    const counts = countAtThresholds(labels, ranking, { weights });
    return {
      accuracy: accuracy(called),
      balancedAccuracy: balancedAccuracy(called),
      matthewsCorrelation: matthewsCorrelation(called),
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

export function calibrationStatistics({ labels, logits, probabilities }: Scored): Statistics<Calibration> {
  // Of each image once, since the logarithms would take most of the time of the draws.
  const one = (values: Uint8Array | Float64Array, i: number, size = 1) => values.subarray(i * size, (i + 1) * size);
  const losses = Float64Array.from(labels, (_, i) => crossEntropy(one(labels, i), one(logits, i, 2)));
  const squares = Float64Array.from(labels, (_, i) => brier(one(labels, i), one(probabilities, i)));
  return (weights) => ({
    loss: weightedMean(labels.length, (i) => losses[i]!, { weights }),
    brier: weightedMean(labels.length, (i) => squares[i]!, { weights }),
    calibrationError: expectedCalibrationError(labels, probabilities, { weights }),
  });
}

export function calledOf({ trueNegatives, falseNegatives, falsePositives, truePositives }: Confusion): Called {
  return { real: trueNegatives + falseNegatives, fake: falsePositives + truePositives };
}

/** Of one class, some are defined, but compare nothing. */
function withoutRanking<T extends Measured<Ranking | 'auc'>>(metrics: T): T {
  const none = Object.fromEntries([...rankings, 'auc'].map((name) => [name, null]));
  return { ...metrics, ...none, intervals: { ...metrics.intervals, ...none } };
}
