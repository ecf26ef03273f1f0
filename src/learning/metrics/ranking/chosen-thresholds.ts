import { firstIndex, type ThresholdCounts } from './threshold-counts.ts';

/**
 * The equal error rate, 0 to 1: where the ROC curve, straight between its points, meets the falling
 * diagonal, so that false positive and false negative rate are equal (Fawcett 2006, "An
 * introduction to ROC analysis"). Lower is better; 0.5 is chance. The rate of the nearest point
 * alone, which is often reported, is off by up to half a step. NaN where a class is missing.
 *
 * Items with a score of `threshold` or higher are called positive. It is interpolated between those
 * of the two points. Where the curve has a point on the diagonal, it lies halfway to the next lower
 * score, which decides alike; before the first point, it is the highest score.
 *
 * Example: labels 0 0 1 1, scores 0.1 0.4 0.35 0.8 give 0.5 at 0.375.
 */
export function equalErrorRate(counts: ThresholdCounts): {
  readonly rate: number;
  readonly threshold: number;
} {
  const { thresholds, falsePositives, truePositives, positives, negatives } = counts;
  // False negative minus false positive rate, times all pairs: whole numbers without weights, so 0
  // is exact.
  const gap = (i: number) =>
    (positives - truePositives[i]!) * negatives - falsePositives[i]! * positives;
  if (!(positives * negatives > 0)) return { rate: Number.NaN, threshold: Number.NaN };
  const i = firstIndex(thresholds.length, (i) => gap(i) <= 0);
  const after = gap(i);
  if (after === 0)
    return { rate: falsePositives[i]! / negatives, threshold: separatingThreshold(thresholds, i) };
  const before = i === 0 ? positives * negatives : gap(i - 1);
  const share = before / (before - after);
  const lastFalse = i === 0 ? 0 : falsePositives[i - 1]!;
  const rate = (lastFalse + share * (falsePositives[i]! - lastFalse)) / negatives;
  const above = i === 0 ? thresholds[i]! : thresholds[i - 1]!;
  return { rate, threshold: (1 - share) * above + share * thresholds[i]! };
}

/**
 * The threshold with the highest balanced accuracy, by Youden's index J = TPR - FPR, 0 to 1 (Youden
 * 1950, "Index for rating diagnostic tests"). A higher index is better, 0 is chance. Of equal ones
 * the highest threshold is taken, halfway to the next lower score. NaN where a class is missing. On
 * the items that it was fitted to, its gain is optimistic.
 *
 * Example: labels 0 0 1 1, scores 0.1 0.4 0.35 0.8 give 0.5 at 0.6.
 */
export function youdenThreshold(counts: ThresholdCounts): {
  readonly index: number;
  readonly threshold: number;
} {
  const { thresholds, falsePositives, truePositives, positives, negatives } = counts;
  if (!(positives > 0 && negatives > 0)) return { index: Number.NaN, threshold: Number.NaN };
  // Times all pairs: whole numbers without weights, so equal ones are equal.
  const gain = (i: number) => truePositives[i]! * negatives - falsePositives[i]! * positives;
  let best = 0;
  for (let i = 1; i < truePositives.length; i++) if (gain(i) > gain(best)) best = i;
  return {
    index: gain(best) / (positives * negatives),
    threshold: separatingThreshold(thresholds, best),
  };
}

/**
 * A threshold that decides as `thresholds[i]` does, halfway to the next lower score if there is
 * one, for a margin on both sides.
 */
function separatingThreshold(thresholds: Float64Array, i: number): number {
  const score = thresholds[i]!;
  const below = thresholds[i + 1];
  if (below === undefined) return score;
  const middle = below / 2 + score / 2;
  return middle > below ? middle : score;
}
