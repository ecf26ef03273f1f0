import { truePositiveRateAt } from './roc-curve.ts';
import type { ThresholdCounts } from './threshold-counts.ts';

/**
 * The area under the ROC curve, 0 to 1: the probability that a positive is ranked above a negative,
 * ties counting half (Mann and Whitney's U over its maximum; Hanley and McNeil 1982). Higher is
 * better, 0.5 is chance. NaN where a class is missing. Without weights the value is exact up to its
 * one division.
 *
 * Example: labels 0 0 1 1, scores 0.1 0.4 0.35 0.8 give 0.75: one of four pairs is in the wrong
 * order.
 */
export function auc({
  falsePositives,
  truePositives,
  positives,
  negatives,
}: ThresholdCounts): number {
  let twiceArea = 0;
  let lastFalse = 0;
  let lastTrue = 0;
  for (let i = 0; i < falsePositives.length; i++) {
    twiceArea += (falsePositives[i]! - lastFalse) * (truePositives[i]! + lastTrue);
    lastFalse = falsePositives[i]!;
    lastTrue = truePositives[i]!;
  }
  return twiceArea / (2 * positives * negatives);
}

/**
 * The area under the ROC curve up to a false positive rate r, above 0 and at most 1, scaled so that
 * 1 is the maximum and 0.5 is chance (McClish 1989, "Analyzing a portion of the ROC curve", as
 * scikit-learn's `roc_auc_score` with `max_fpr`): (1 + (A - r²/2) / (r - r²/2)) / 2. Higher is
 * better; a ranking worse than chance can fall below 0.5. NaN where a class is missing.
 *
 * Example: labels 0 0 1 1, scores 0.1 0.4 0.35 0.8 give 2/3 up to 0.5.
 */
export function partialAuc(counts: ThresholdCounts, maxFalsePositiveRate: number): number {
  const { falsePositives, truePositives, positives, negatives } = counts;
  let area = 0;
  let lastX = 0;
  let lastY = 0;
  for (let i = 0; i < falsePositives.length; i++) {
    const x = falsePositives[i]! / negatives;
    const y = truePositives[i]! / positives;
    if (x > maxFalsePositiveRate) break;
    area += ((x - lastX) * (y + lastY)) / 2;
    lastX = x;
    lastY = y;
  }
  area +=
    ((maxFalsePositiveRate - lastX) * (truePositiveRateAt(counts, maxFalsePositiveRate) + lastY)) /
    2;
  const chance = maxFalsePositiveRate ** 2 / 2;
  return (1 + (area - chance) / (maxFalsePositiveRate - chance)) / 2;
}
