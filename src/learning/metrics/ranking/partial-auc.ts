import type { Weighted } from '../weights.ts';
import { truePositiveRateAt } from './curve-heights.ts';
import type { Scores } from './rank-scores.ts';
import { countAtThresholds, type ThresholdCounts } from './threshold-counts.ts';

/**
 * The area under the ROC curve up to a false positive rate, so stretched that 1 is the most and 0.5 is chance (McClish 1989,
 * "Analyzing a portion of the ROC curve", as scikit-learn's `roc_auc_score` with `max_fpr`):
 * (1 + (A - r²/2) / (r - r²/2)) / 2. Higher is better; below chance it may come below 0.5. NaN where a class is missing.
 *
 * Example: labels 0 0 1 1, scores 0.1 0.4 0.35 0.8 give 2/3 up to 0.5.
 *
 * @param labels 0 or 1 for each item; 1 is positive.
 * @param scores One finite number for each item, higher for positive; throws a RangeError otherwise.
 * @param maxFalsePositiveRate r, above 0, at most 1, which gives the whole area.
 */
export function partialAuc(
  labels: ArrayLike<number>,
  scores: Scores,
  maxFalsePositiveRate: number,
  options: Weighted = {},
): number {
  if (!(maxFalsePositiveRate > 0 && maxFalsePositiveRate <= 1)) {
    throw new RangeError(`Expected a false positive rate above 0 and at most 1, got ${maxFalsePositiveRate}`);
  }
  return partialAreaOf(countAtThresholds(labels, scores, options), maxFalsePositiveRate);
}

/** {@link partialAuc} of what was counted already, weights worked in. */
export function partialAreaOf(counts: ThresholdCounts, maxFalsePositiveRate: number): number {
  const { falsePositives, truePositives, positives, negatives } = counts;
  const end = truePositiveRateAt(counts, maxFalsePositiveRate);
  let [area, lastX, lastY] = [0, 0, 0];
  const goTo = (x: number, y: number) => {
    area += ((x - lastX) * (y + lastY)) / 2;
    [lastX, lastY] = [x, y];
  };
  for (let i = 0; i < falsePositives.length; i++) {
    const x = falsePositives[i]! / negatives;
    if (x > maxFalsePositiveRate) break;
    goTo(x, truePositives[i]! / positives);
  }
  goTo(maxFalsePositiveRate, end);
  const chance = maxFalsePositiveRate ** 2 / 2;
  return (1 + (area - chance) / (maxFalsePositiveRate - chance)) / 2;
}
