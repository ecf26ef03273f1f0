import { addPrecisions, firstIndex, type ThresholdCounts } from './threshold-counts.ts';

/**
 * The precision-recall curve of a ranking, as scikit-learn's `precision_recall_curve` gives it: a
 * point for each threshold, ascending, and last (recall 0, precision 1), which has no threshold.
 * Higher is better in both; by chance precision is the share of positives. Draw steps: between
 * points it is not straight (Davis and Goadrich 2006, "The relationship between precision-recall
 * and ROC curves"). Without positives precision is 0 and recall 1, as in scikit-learn.
 *
 * Example: labels 0 0 1 1, scores 0.1 0.4 0.35 0.8 give the precisions 1/2 2/3 1/2 1 1 at the
 * recalls 1 1 1/2 1/2 0.
 */
export function precisionRecallCurve(counts: ThresholdCounts) {
  const { thresholds, truePositives, falsePositives, positives } = counts;
  const precision = truePositives.map((count, i) => count / (count + falsePositives[i]!));
  const recall = truePositives.map((count) => (positives === 0 ? 1 : count / positives));
  return {
    precision: Float64Array.from([...precision.reverse(), 1]),
    recall: Float64Array.from([...recall.reverse(), 0]),
    thresholds: thresholds.toReversed(),
  };
}

/**
 * The precision at recalls, 0 to 1, each at the first threshold that reaches it, since between its
 * points the curve is not straight. NaN where there are no positives.
 *
 * Example: labels 0 0 1 1, scores 0.1 0.4 0.35 0.8 give 1 1 2/3 at 0 0.5 0.75.
 */
export function precisionsAt(counts: ThresholdCounts, levels: ArrayLike<number>): Float64Array {
  const { falsePositives, truePositives, positives } = counts;
  const calledAt = (i: number) => truePositives[i]! + falsePositives[i]!;
  return Float64Array.from(levels, (level) => {
    if (!(positives > 0)) return Number.NaN;
    const at = firstIndex(
      truePositives.length - 1,
      (i) => truePositives[i]! / positives >= level && calledAt(i) > 0,
    );
    return truePositives[at]! / calledAt(at);
  });
}

/**
 * The mean precision over the recall, 0 to 1, in steps without interpolation: Σ (Rᵢ - Rᵢ₋₁) Pᵢ (Zhu
 * 2004, "Recall, precision and average precision"; scikit-learn's `average_precision_score`).
 * Higher is better; chance gives the share of positives. 0 where there are no positives, as in
 * scikit-learn; NaN for no items.
 *
 * Example: labels 0 0 1 1, scores 0.1 0.4 0.35 0.8 give 5/6 = 1/2 · 1 + 1/2 · 2/3.
 */
export function averagePrecision(counts: ThresholdCounts): number {
  const { thresholds, positives, negatives } = counts;
  if (positives === 0) return negatives === 0 ? Number.NaN : 0;
  const none = { sum: 0, before: 0 };
  return (counts.precisions ?? addPrecisions(counts, 0, thresholds.length, none)) / positives;
}
