import type { Scores } from './rank-scores.ts';
import { countAtThresholds, type ThresholdCounts } from './threshold-counts.ts';
import type { Weighted } from './weights.ts';

/**
 * The true positive rate that goes with a false positive rate, 0 to 1: the height of the ROC curve there, straight between
 * its points, and the upper end where it rises. Higher is better; by chance it is the false positive rate itself. NaN where
 * a class is missing. Below one over the number of negatives it says more of the line than of the ranking.
 *
 * Example: labels 0 0 1 1, scores 0.1 0.4 0.35 0.8 give 0.5 at a false positive rate of 0.25.
 *
 * @param labels 0 or 1 for each item; 1 is positive.
 * @param scores One finite number for each item, higher for positive; throws a RangeError otherwise.
 * @param falsePositiveRate 0 to 1.
 */
export function truePositiveRateAt(
  labels: ArrayLike<number>,
  scores: Scores,
  falsePositiveRate: number,
  options: Weighted = {},
): number {
  if (!(falsePositiveRate >= 0 && falsePositiveRate <= 1)) {
    throw new RangeError(`Expected a false positive rate from 0 to 1, got ${falsePositiveRate}`);
  }
  return heightAt(countAtThresholds(labels, scores, options), falsePositiveRate);
}

/** {@link truePositiveRateAt} of what was counted already, weights worked in. */
export function heightAt(counts: ThresholdCounts, falsePositiveRate: number): number {
  const { falsePositives, truePositives, positives, negatives } = counts;
  if (!(positives > 0 && negatives > 0)) return Number.NaN;
  let right = 0;
  while (right < falsePositives.length && falsePositives[right]! / negatives <= falsePositiveRate) right++;
  if (right === falsePositives.length) return 1;
  const [left, low] = right === 0 ? [0, 0] : [falsePositives[right - 1]!, truePositives[right - 1]!];
  const share = (falsePositiveRate * negatives - left) / (falsePositives[right]! - left);
  return (low + share * (truePositives[right]! - low)) / positives;
}
