import type { Weighted } from '../weights.ts';
import type { Scores } from './rank-scores.ts';
import { countAtThresholds, type ThresholdCounts } from './threshold-counts.ts';

/**
 * The mean precision over the recall, 0 to 1, by steps and without interpolation: Σ (Rᵢ - Rᵢ₋₁) Pᵢ (Zhu 2004, "Recall,
 * precision and average precision"; scikit-learn's `average_precision_score`). Higher is better; by chance it is the share
 * of positives. 0 where there are no positives, as there with a warning; NaN for no items.
 *
 * Example: labels 0 0 1 1, scores 0.1 0.4 0.35 0.8 give 5/6 = 1/2 · 1 + 1/2 · 2/3.
 *
 * @param labels 0 or 1 for each item; 1 is positive.
 * @param scores One finite number for each item, higher for positive; throws a RangeError otherwise.
 */
export function averagePrecision(labels: ArrayLike<number>, scores: Scores, options: Weighted = {}): number {
  return averagePrecisionOf(countAtThresholds(labels, scores, options));
}

/** {@link averagePrecision} of what was counted already, weights worked in. */
export function averagePrecisionOf(counts: ThresholdCounts): number {
  const { truePositives, falsePositives, positives, negatives } = counts;
  if (positives === 0) return negatives === 0 ? Number.NaN : 0;
  let sum = 0;
  let last = 0;
  for (let i = 0; i < truePositives.length; i++) {
    const called = truePositives[i]!;
    if (called > last) sum += ((called - last) * called) / (called + falsePositives[i]!);
    last = called;
  }
  return sum / positives;
}
