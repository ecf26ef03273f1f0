import { mean } from './arithmetic/mean.ts';
import { requireOneEach, type Weighted } from './arithmetic/weights.ts';
import type { ThresholdCounts } from './ranking/threshold-counts.ts';

/**
 * How often images of each class were called real and fake: counts, or sums of weights. Positive is
 * class 1, fake.
 */
export type Confusion = Readonly<
  Record<'trueNegatives' | 'falsePositives' | 'falseNegatives' | 'truePositives', number>
>;

/**
 * Counts labels against predictions, 0 or 1 for each item; all zero for no items. The metrics below
 * take the result.
 *
 * Example: labels 0 0 1 1, predictions 0 1 1 1 give 1 true negative, 1 false positive, 0 false
 * negatives, 2 true positives.
 */
export function confusion(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  { weights }: Weighted = {},
): Confusion {
  requireOneEach(labels, predictions, 'prediction');
  const counts = [0, 0, 0, 0] as [number, number, number, number];
  for (let i = 0; i < labels.length; i++)
    counts[2 * labels[i]! + predictions[i]!]! += weights?.[i] ?? 1;
  const [trueNegatives, falsePositives, falseNegatives, truePositives] = counts;
  return { trueNegatives, falsePositives, falseNegatives, truePositives };
}

/**
 * The {@link confusion} of calling the items positive that score at or above `thresholds[last]`;
 * none of them for -1.
 */
export function confusionAt(counts: ThresholdCounts, last: number): Confusion {
  const falsePositives = counts.falsePositives[last] ?? 0;
  const truePositives = counts.truePositives[last] ?? 0;
  const trueNegatives = counts.negatives - falsePositives;
  const falseNegatives = counts.positives - truePositives;
  return { trueNegatives, falsePositives, falseNegatives, truePositives };
}

/** The mean of two ways to decide: what deciding by coin gives on average. */
export const confusionBetween = (one: Confusion, other: Confusion): Confusion => ({
  trueNegatives: (one.trueNegatives + other.trueNegatives) / 2,
  falsePositives: (one.falsePositives + other.falsePositives) / 2,
  falseNegatives: (one.falseNegatives + other.falseNegatives) / 2,
  truePositives: (one.truePositives + other.truePositives) / 2,
});

/**
 * The share of items whose class is predicted, 0 to 1. Higher is better; compare it with
 * {@link majorityAccuracy}. NaN for no items.
 *
 * Example: labels 0 0 1 1, predictions 0 1 1 1 give 0.75.
 */
export function accuracy({
  trueNegatives,
  falsePositives,
  falseNegatives,
  truePositives,
}: Confusion): number {
  const right = trueNegatives + truePositives;
  return right / (right + falsePositives + falseNegatives);
}

/**
 * The accuracy of calling everything the more frequent class, 0.5 to 1: what a classifier must
 * beat. NaN for no items.
 *
 * Example: labels 0 0 0 1 give 0.75.
 */
export function majorityAccuracy({
  trueNegatives,
  falsePositives,
  falseNegatives,
  truePositives,
}: Confusion): number {
  const negatives = trueNegatives + falsePositives;
  const positives = truePositives + falseNegatives;
  return Math.max(negatives, positives) / (negatives + positives);
}

/**
 * The mean accuracy of the two classes, 0 to 1 (Brodersen et al. 2010, "The balanced accuracy and
 * its posterior distribution"). Higher is better; 0.5 is chance, whatever the share of the classes.
 * As in scikit-learn, a class without items is left out; NaN for no items.
 *
 * Example: labels 0 0 1 1, predictions 0 1 1 1 give 0.75 = (1/2 + 2/2) / 2.
 */
export function balancedAccuracy(counts: Confusion): number {
  const { trueNegatives, falsePositives, falseNegatives, truePositives } = counts;
  const shares = [
    trueNegatives / (trueNegatives + falsePositives),
    truePositives / (truePositives + falseNegatives),
  ];
  return mean(shares.filter((share) => !Number.isNaN(share)));
}

/**
 * The share of positives among the items that are called positive, 0 to 1: TP / (TP + FP). Higher
 * is better; chance gives the share of positives. 0 where nothing is called positive, as in
 * scikit-learn's `precision_score`.
 *
 * Example: labels 0 0 1 1, predictions 0 1 1 1 give 2/3.
 */
export const precision = ({ truePositives, falsePositives }: Confusion): number =>
  truePositives === 0 ? 0 : truePositives / (truePositives + falsePositives);

/**
 * The share of positives that are called positive, 0 to 1: TP / (TP + FN), the true positive rate.
 * Higher is better, but calling everything positive gives 1. 0 where there are no positives, as in
 * scikit-learn's `recall_score`.
 *
 * Example: labels 0 0 1 1, predictions 0 1 1 0 give 0.5.
 */
export const recall = ({ truePositives, falseNegatives }: Confusion): number =>
  truePositives === 0 ? 0 : truePositives / (truePositives + falseNegatives);

/**
 * The harmonic mean of precision and recall, 0 to 1: 2 TP / (2 TP + FP + FN) (van Rijsbergen 1979,
 * "Information retrieval", chapter 7, as 1 - E). Higher is better; true negatives do not count. 0
 * where nothing is positive, neither by label nor by prediction, as in scikit-learn's `f1_score`.
 *
 * Example: labels 0 0 1 1, predictions 0 1 1 1 give 0.8.
 */
export const f1 = ({ truePositives, falsePositives, falseNegatives }: Confusion): number =>
  truePositives === 0
    ? 0
    : (2 * truePositives) / (2 * truePositives + falsePositives + falseNegatives);

/**
 * The correlation of labels and predictions, -1 to 1 (Matthews 1975, "Comparison of the predicted
 * and observed secondary structure of T4 phage lysozyme"): (TP TN - FP FN) / √((TP + FP) (TP + FN)
 * (TN + FP) (TN + FN)). Higher is better, 0 is chance. 0 also where labels or predictions are of
 * one class only, as in scikit-learn's `matthews_corrcoef`; NaN for no items.
 *
 * Example: labels 0 0 1 1, predictions 0 1 1 1 give 0.57735 = 2 / √12.
 */
export function matthewsCorrelation(c: Confusion): number {
  const called = c.truePositives + c.falsePositives;
  const notCalled = c.trueNegatives + c.falseNegatives;
  const positives = c.truePositives + c.falseNegatives;
  const negatives = c.trueNegatives + c.falsePositives;
  if (positives + negatives === 0) return Number.NaN;
  // Roots of pairs, since the product of four counts may pass all floats.
  const scale = Math.sqrt(called * notCalled) * Math.sqrt(positives * negatives);
  return scale === 0
    ? 0
    : (c.truePositives * c.trueNegatives - c.falsePositives * c.falseNegatives) / scale;
}
