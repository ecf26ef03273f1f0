import { type SideNames, usualSides } from '../../src/learning/metrics/binary-view.ts';
import { binsUnderWeights, calibrationError } from '../../src/learning/metrics/calibration/calibration-bins.ts';
import { lossOf, squareOf } from '../../src/learning/metrics/calibration/losses.ts';
import {
  accuracy,
  balancedAccuracy,
  type Confusion,
  confusion,
  confusionAt,
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
import { countDraws, type ThresholdCounts } from '../../src/learning/metrics/ranking/threshold-counts.ts';
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
export function splitMetrics(
  scored: Scored,
  { intervals, ...numbers }: Measured<Resampled>,
  options: IntervalOptions & { readonly names: SideNames },
) {
  const { labels } = scored;
  const fake = labels.reduce((sum, label) => sum + label, 0);
  const { intervals: ofArea, ...area } = measureAuc(scored, options);
  const both = { ...numbers, ...area, intervals: { ...intervals, ...ofArea } };
  const { majorityAccuracy, ...predictions } = predictionsOf({ ...scored, ...options });
  return {
    ...{ images: labels.length, ...bySide(options.names, labels.length - fake, fake), majorityAccuracy },
    ...(fake > 0 && fake < labels.length ? both : withoutRanking(both)),
    ...predictions,
  };
}

/** Numbers of both sides, by the names of the classes or, where these are others than real and fake, by the sides. */
const bySide = (names: SideNames, negative: number, positive: number) =>
  names.join() === usualSides.join()
    ? { real: negative, fake: positive }
    : { sides: { negative: names[0], positive: names[1] }, negative, positive };

function predictionsOf({ labels, predictions, names }: Pick<Scored, 'labels' | 'predictions'> & { names: SideNames }) {
  const counts = confusion(labels, predictions);
  const { trueNegatives, falseNegatives, falsePositives, truePositives } = counts;
  // A network that learned nothing predicts one class only.
  const { sides: _, ...called } = bySide(names, trueNegatives + falseNegatives, falsePositives + truePositives);
  return { majorityAccuracy: majorityAccuracy(counts), confusion: counts, called };
}

/** Values fitted to the validation split; null where none is best. */
export interface Fitted {
  /** The difference of the scores, fake minus real, at which both error rates are equal. */
  readonly equalErrorThreshold: number | null;
  /** The difference with the highest balanced accuracy. */
  readonly youdenThreshold: number | null;
  /** The divisor of the logits with the lowest loss, 1 leaving them as they are. */
  readonly temperature: number | null;
}

/** Everything that is resampled, of each draw once: what the images give, and what the fitted values give there. */
export function splitStatistics(scored: Scored, fitted: Fitted | undefined) {
  const { labels, ranking } = scored;
  const countsOf = countDraws(labels, ranking);
  /** The decisions that call fake what scores high enough. */
  const decide = (isFake: (difference: number) => boolean) => {
    const last = ranking.thresholds.findLastIndex(isFake);
    return (counts: ThresholdCounts) => confusionAt(counts, last);
  };
  const { equalErrorThreshold = null, youdenThreshold = null, temperature = null } = fitted ?? {};
  const called = decide((difference) => difference > 0);
  const [atEqualError, atYouden] = [equalErrorThreshold, youdenThreshold].map((threshold) =>
    threshold === null ? undefined : decide((difference) => difference >= threshold),
  );
  const calibration = calibrationStatistics(scored);
  const tempered = temperature === null ? undefined : temperedStatistics(scored, temperature);
  return (weights: Uint8Array) => {
    const counts = countsOf(weights);
    return {
      whole: { ...decided(called(counts)), ...calibration(weights), ...ranked(counts) },
      atEqualError: atEqualError && decidedAt(atEqualError(counts)),
      atYouden: atYouden && decidedAt(atYouden(counts)),
      tempered: tempered?.(weights),
    };
  };
}

const decided = (called: Confusion) => ({
  ...decisions(called),
  precision: precision(called),
  recall: recall(called),
  f1: f1(called),
});

const ranked = (counts: ThresholdCounts) => ({
  averagePrecision: averagePrecision(counts),
  equalErrorRate: equalErrorRate(counts).rate,
  partialAucTo10PercentFpr: partialAuc(counts, 0.1),
  tprAt1PercentFpr: truePositiveRateAt(counts, 0.01),
  tprAt10PercentFpr: truePositiveRateAt(counts, 0.1),
});

const decidedAt = (called: Confusion) => ({
  ...decisions(called),
  falsePositiveRate: called.falsePositives / (called.falsePositives + called.trueNegatives),
  falseNegativeRate: called.falseNegatives / (called.falseNegatives + called.truePositives),
});

const decisions = (called: Confusion) => ({
  accuracy: accuracy(called),
  balancedAccuracy: balancedAccuracy(called),
  matthewsCorrelation: matthewsCorrelation(called),
});

function calibrationStatistics({ labels, logits, probabilities }: Scored): Statistics<Calibration> {
  // Computed once for each image, since the logarithms would take most of the time of resampling.
  const losses = probabilities.map((_, i) => lossOf(i, labels[i]!, logits));
  const squares = probabilities.map((probability, i) => squareOf(labels[i]!, probability));
  const binned = binsUnderWeights(labels, probabilities);
  return (weights) => {
    const [loss, brier] = weightedMeans(losses, squares, weights);
    return { loss, brier, calibrationError: calibrationError(binned(weights)) };
  };
}

/** The means of two columns of finite values. Not a closure, of which V8 would compile each anew. */
function weightedMeans(one: Float64Array, other: Float64Array, weights: Uint8Array): [one: number, other: number] {
  let [ofOne, ofOther, total] = [0, 0, 0];
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i]!;
    ofOne += weight * one[i]!;
    ofOther += weight * other[i]!;
    total += weight;
  }
  return [ofOne / total, ofOther / total];
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

/** The metrics of decisions at a threshold. */
export function metricsAt(
  predictions: Uint8Array,
  { labels, names }: Scored & { names: SideNames },
  measured: Measured<AtThreshold>,
) {
  const { majorityAccuracy, ...others } = predictionsOf({ labels, predictions, names });
  return { majorityAccuracy, ...measured, ...others };
}

/** The calibration of logits divided by a temperature, which leaves predictions and ranking as they are. */
function temperedStatistics(scored: Scored, temperature: number): Statistics<Calibration> {
  const logits = scored.logits.map((logit) => logit / temperature);
  const probabilities = fakeProbabilities(logitDifferences(scored.logits), temperature);
  return calibrationStatistics({ ...scored, logits, probabilities });
}
