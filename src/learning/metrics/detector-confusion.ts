import { requireOneEach, type Weighted } from './arithmetic/weights.ts';
import { type Decisions, decisionsOf } from './classification/decision-metrics.ts';
import type { ThresholdCounts } from './ranking/threshold-counts.ts';

/**
 * How often images of two classes were called each: counts, or sums of weights. Positive is class
 * 1.
 */
export type Confusion = Readonly<
  Record<'trueNegatives' | 'falsePositives' | 'falseNegatives' | 'truePositives', number>
>;

/**
 * Counts labels against predictions, 0 or 1 for each item; all zero for no items. Metrics take its
 * {@link decisionsOfSides decisions}.
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
export const confusionBetween = (first: Confusion, second: Confusion): Confusion => ({
  trueNegatives: (first.trueNegatives + second.trueNegatives) / 2,
  falsePositives: (first.falsePositives + second.falsePositives) / 2,
  falseNegatives: (first.falseNegatives + second.falseNegatives) / 2,
  truePositives: (first.truePositives + second.truePositives) / 2,
});

/** The decisions of a detector, of whose two classes the positive one is judged. */
export const decisionsOfSides = (counts: Confusion): Decisions =>
  decisionsOf(
    Float64Array.of(
      counts.trueNegatives,
      counts.falsePositives,
      counts.falseNegatives,
      counts.truePositives,
    ),
    [1],
  );
