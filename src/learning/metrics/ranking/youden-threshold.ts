import type { Weighted } from '../weights.ts';
import type { Scores } from './rank-scores.ts';
import { countAtThresholds, separatingThreshold } from './threshold-counts.ts';

/** The threshold that tells the classes best. */
export interface YoudenThreshold {
  /** True less false positive rate, 0 to 1: twice the balanced accuracy less 1. */
  readonly index: number;
  /** The score from which on items are called positive. */
  readonly threshold: number;
}

/**
 * The threshold of the highest balanced accuracy, by Youden's index J = TPR - FPR (Youden 1950, "Index for rating diagnostic
 * tests"). A higher index is better, 0 is chance. Of several the highest is taken, and of the scores that decide alike
 * halfway to the next lower one. NaN where a class is missing. What it gains on the items that it was fitted to is
 * flattery: apply it to others.
 *
 * Example: labels 0 0 1 1, scores 0.1 0.4 0.35 0.8 give 0.5 at 0.6.
 *
 * @param labels 0 or 1 for each item; 1 is positive.
 * @param scores One finite number for each item, higher for positive; throws a RangeError otherwise.
 */
export function youdenThreshold(labels: ArrayLike<number>, scores: Scores, options: Weighted = {}): YoudenThreshold {
  const counts = countAtThresholds(labels, scores, options);
  const { falsePositives, truePositives, positives, negatives } = counts;
  if (!(positives > 0 && negatives > 0)) return { index: Number.NaN, threshold: Number.NaN };
  // Times all pairs: whole numbers without weights, so equal ones are equal.
  const gain = (i: number) => truePositives[i]! * negatives - falsePositives[i]! * positives;
  let best = 0;
  for (let i = 1; i < truePositives.length; i++) if (gain(i) > gain(best)) best = i;
  return { index: gain(best) / (positives * negatives), threshold: separatingThreshold(counts, best) };
}
