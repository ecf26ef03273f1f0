import type { ScoreScale } from './arithmetic/logits.ts';
import {
  fakeProbabilities,
  fakeProbabilitiesOf,
  logitDifferences,
  logitsOf,
} from './arithmetic/logits.ts';
import { binsUnderWeights, calibrationError } from './calibration/calibration-bins.ts';
import { brierOf, lossOf } from './calibration/losses.ts';
import { classStatistics } from './classification/class-metrics.ts';
import { classScoresOf } from './classification/class-scores.ts';
import {
  accuracy,
  balancedAccuracy,
  type Confusion,
  confusionAt,
  confusionBetween,
  f1,
  matthewsCorrelation,
  precision,
  recall,
} from './confusion.ts';
import type { Statistic } from './intervals/bootstrap.ts';
import { metric } from './metric-catalogue.ts';
import { equalErrorRate } from './ranking/chosen-thresholds.ts';
import { averagePrecision } from './ranking/precision-recall.ts';
import { auc, partialAuc, truePositiveRateAt } from './ranking/roc-curve.ts';
import {
  countDraws,
  type RankedScores,
  rankScores,
  type ThresholdCounts,
} from './ranking/threshold-counts.ts';
import type { BinaryRow } from './scores/binary-view.ts';

/** Metrics of the order of the scores; undefined if a class is missing. */
export const rankings = [
  'averagePrecision',
  'equalErrorRate',
  'partialAucTo10PercentFpr',
  'tprAt1PercentFpr',
  'tprAt10PercentFpr',
] as const;

export type Decision = 'accuracy' | 'balancedAccuracy' | 'matthewsCorrelation';
export type Calibration = 'loss' | 'brier' | 'calibrationError';

/**
 * The metrics of the catalogue that logits `[images, classes]` of labelled images give, as
 * `evaluate` has them: of two classes those of a detector too, whose positive class is the second.
 * NaN where undefined.
 */
export function metricsOfLogits(
  labels: ArrayLike<number>,
  logits: ArrayLike<number>,
  classes: readonly string[],
): Readonly<Record<string, number>> {
  const rows = Array.from(labels, (label, image) => {
    const scores = Array.from(classes, (_, c) => logits[image * classes.length + c]!);
    return { key: '', split: '', label, scores };
  });
  const weights = new Uint8Array(rows.length).fill(1);
  const own = classStatistics(
    classScoresOf({ classes, names: classes, scale: 'logits', rows }, rows),
  )(weights).whole;
  if (classes.length !== 2) return own;
  const sides = rows.map(({ label, scores, ...row }) => {
    return {
      ...row,
      label: label === 1 ? (1 as const) : (0 as const),
      real: scores[0]!,
      fake: scores[1]!,
    };
  });
  const scored = scoredOf(sides, 'logits');
  const counts = countDraws(scored.labels, scored.ranking)(weights);
  const all = { ...own, ...splitStatistics(scored, undefined)(weights).whole, auc: auc(counts) };
  if (counts.positives > 0 && counts.negatives > 0) return all;
  return { ...all, ...Object.fromEntries([...rankings, 'auc'].map((name) => [name, Number.NaN])) };
}

/** Images (or groups) with their scores in the forms that metrics take, each `[images]`. */
export interface Scored {
  readonly labels: Uint8Array;
  readonly groups: readonly (string | undefined)[];
  /** Fake minus real, which images are ranked by. */
  readonly differences: Float64Array;
  readonly ranking: RankedScores;
  /** `[images, 2]`; for scores that are probabilities, their logarithms. */
  readonly logits: Float64Array;
  /** The probability of fake. */
  readonly probabilities: Float64Array;
}

/** The scores of a detector's view in the forms that metrics take. */
export function scoredOf(rows: readonly BinaryRow[], scale: ScoreScale): Scored {
  const scores = logitsOf(rows, 'logits');
  const differences = logitDifferences(scores);
  return {
    labels: Uint8Array.from(rows, ({ label }) => label),
    groups: rows.map(({ group }) => group),
    differences,
    ranking: rankScores(differences),
    logits: logitsOf(rows, scale),
    probabilities: fakeProbabilitiesOf(rows, scale),
  };
}

export type Statistics<Name extends string> = Statistic<Readonly<Record<Name, number>>>;

/** Values fitted to the validation split; null where none is best. */
export interface Fitted {
  /** The difference of the scores, fake minus real, at which both error rates are equal. */
  readonly equalErrorThreshold: number | null;
  /** The difference with the highest balanced accuracy. */
  readonly youdenThreshold: number | null;
  /** The divisor of the logits with the lowest loss, 1 leaving them as they are. */
  readonly temperature: number | null;
}

/**
 * The decisions of the higher score, from the counts of a ranking by the differences. Images with
 * two equal scores count half as either class: what deciding them by coin gives on average,
 * whatever the order of the classes.
 */
export function decideByScore({
  thresholds,
}: RankedScores): (counts: ThresholdCounts) => Confusion {
  const above = thresholds.findLastIndex((difference) => difference > 0);
  const tied = thresholds.findLastIndex((difference) => difference >= 0);
  return (counts) => confusionBetween(confusionAt(counts, above), confusionAt(counts, tied));
}

/**
 * Everything that is resampled, of each draw once: what the images give, and what the fitted values
 * give there.
 */
export function splitStatistics(scored: Scored, fitted: Fitted | undefined) {
  const { labels, ranking } = scored;
  const countsOf = countDraws(labels, ranking);
  /** The decisions that call fake what scores high enough. */
  const decide = (isFake: (difference: number) => boolean) => {
    const last = ranking.thresholds.findLastIndex(isFake);
    return (counts: ThresholdCounts) => confusionAt(counts, last);
  };
  const { equalErrorThreshold = null, youdenThreshold = null, temperature = null } = fitted ?? {};
  const called = decideByScore(ranking);
  const decideAt = (threshold: number | null) =>
    threshold === null ? undefined : decide((difference) => difference >= threshold);
  const atEqualError = decideAt(equalErrorThreshold);
  const atYouden = decideAt(youdenThreshold);
  const calibration = calibrationStatistics(scored);
  const tempered = temperature === null ? undefined : temperedStatistics(scored, temperature);
  const negatives = labels.reduce((count, label) => count + (label === 0 ? 1 : 0), 0);
  return (weights: Uint8Array) => {
    const counts = countsOf(weights);
    return {
      whole: { ...decided(called(counts)), ...calibration(weights), ...ranked(counts, negatives) },
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

const ranked = (counts: ThresholdCounts, negatives: number) => ({
  averagePrecision: averagePrecision(counts),
  equalErrorRate: equalErrorRate(counts).rate,
  partialAucTo10PercentFpr: partialAuc(counts, 0.1),
  tprAt1PercentFpr: isKnown('tprAt1PercentFpr', negatives)
    ? truePositiveRateAt(counts, 0.01)
    : Number.NaN,
  tprAt10PercentFpr: isKnown('tprAt10PercentFpr', negatives)
    ? truePositiveRateAt(counts, 0.1)
    : Number.NaN,
});

const isKnown = (name: (typeof rankings)[number], negatives: number): boolean =>
  negatives >= (metric(name).needs?.negatives ?? 0);

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
  const squares = probabilities.map((probability, i) => brierOf(labels[i]!, probability));
  const binned = binsUnderWeights(labels, probabilities);
  return (weights) => {
    const [loss, brier] = weightedMeans(losses, squares, weights);
    return { loss, brier, calibrationError: calibrationError(binned(weights)) };
  };
}

/**
 * The means of two columns of finite values. Not a closure, since V8 would compile each one
 * separately.
 */
function weightedMeans(
  one: Float64Array,
  other: Float64Array,
  weights: Uint8Array,
): [one: number, other: number] {
  let ofOne = 0;
  let ofOther = 0;
  let total = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i]!;
    ofOne += weight * one[i]!;
    ofOther += weight * other[i]!;
    total += weight;
  }
  return [ofOne / total, ofOther / total];
}

/**
 * The calibration of logits divided by a temperature, which leaves predictions and ranking as they
 * are.
 */
function temperedStatistics(scored: Scored, temperature: number): Statistics<Calibration> {
  const logits = scored.logits.map((logit) => logit / temperature);
  const probabilities = fakeProbabilities(logitDifferences(scored.logits), temperature);
  return calibrationStatistics({ ...scored, logits, probabilities });
}
