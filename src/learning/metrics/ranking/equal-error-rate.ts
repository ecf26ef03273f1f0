import type { Weighted } from '../weights.ts';
import type { Scores } from './rank-scores.ts';
import { countAtThresholds, separatingThreshold, type ThresholdCounts } from './threshold-counts.ts';

/** Where a ranking makes as many mistakes, by share, on one class as on the other. */
export interface EqualErrorRate {
  /** Both error rates there, 0 to 1. */
  readonly rate: number;
  /** The score from which on items are called positive there. */
  readonly threshold: number;
}

/**
 * The equal error rate, 0 to 1: where the ROC curve, straight between its points, meets the falling diagonal, so that false
 * positive and false negative rate are one number (Fawcett 2006, "An introduction to ROC analysis", on straight pieces as
 * the chance of two thresholds). Lower is better; 0.5 is chance. All points of the curve count: the nearest of them alone,
 * as is often reported, is off by up to half a step. NaN where a class is missing.
 *
 * The threshold is as far between those of the two points. Where the curve has a point on the diagonal, it lies halfway to
 * the next lower score, which decides alike; before the first point, it is the highest score.
 *
 * Example: labels 0 0 1 1, scores 0.1 0.4 0.35 0.8 give 0.5 at 0.375.
 *
 * @param labels 0 or 1 for each item; 1 is positive.
 * @param scores One finite number for each item, higher for positive; throws a RangeError otherwise.
 */
export function equalErrorRate(labels: ArrayLike<number>, scores: Scores, options: Weighted = {}): EqualErrorRate {
  return equalErrorRateOf(countAtThresholds(labels, scores, options));
}

/** {@link equalErrorRate} of what was counted already, weights worked in. */
export function equalErrorRateOf(counts: ThresholdCounts): EqualErrorRate {
  const { thresholds, falsePositives, truePositives, positives, negatives } = counts;
  // False negative less false positive rate, times all pairs: whole numbers without weights, so 0 is exact.
  const gap = (i: number) => (positives - truePositives[i]!) * negatives - falsePositives[i]! * positives;
  let before = positives * negatives;
  if (!(before > 0)) return { rate: Number.NaN, threshold: Number.NaN };
  for (let i = 0; ; i++) {
    const after = gap(i);
    if (after > 0) {
      before = after;
      continue;
    }
    const lastFalse = i === 0 ? 0 : falsePositives[i - 1]!;
    if (after === 0) return { rate: falsePositives[i]! / negatives, threshold: separatingThreshold(counts, i) };
    const share = before / (before - after);
    const rate = (lastFalse + share * (falsePositives[i]! - lastFalse)) / negatives;
    const above = i === 0 ? thresholds[i]! : thresholds[i - 1]!;
    return { rate, threshold: (1 - share) * above + share * thresholds[i]! };
  }
}
