import type { Weighted } from '../weights.ts';
import type { Scores } from './rank-scores.ts';
import { countAtThresholds } from './threshold-counts.ts';

/** Precision against recall: a point for each threshold, and (recall 0, precision 1) as the last, which has none. */
export interface PrecisionRecallCurve {
  /** Share of positives among what is at or above the threshold. */
  readonly precision: Float64Array;
  /** Share of the positives at or above the threshold, descending. */
  readonly recall: Float64Array;
  /** Ascending; one fewer than points. */
  readonly thresholds: Float64Array;
}

/**
 * The precision-recall curve of a ranking, as scikit-learn's `precision_recall_curve` gives it. Higher is better in both; by
 * chance precision is the share of positives. Between points it is no straight line (Davis and Goadrich 2006, "The
 * relationship between precision-recall and ROC curves"): draw steps. Without positives precision is 0, and recall 1 as
 * there.
 *
 * Example: labels 0 0 1 1, scores 0.1 0.4 0.35 0.8 give the precisions 1/2 2/3 1/2 1 1 at the recalls 1 1 1/2 1/2 0.
 *
 * @param labels 0 or 1 for each item; 1 is positive.
 * @param scores One finite number for each item, higher for positive; throws a RangeError otherwise.
 * @param options `dropIntermediate` (default false) leaves out points between two of the same recall.
 */
export function precisionRecallCurve(
  labels: ArrayLike<number>,
  scores: Scores,
  { dropIntermediate = false, weights }: { readonly dropIntermediate?: boolean } & Weighted = {},
): PrecisionRecallCurve {
  const { thresholds, truePositives, falsePositives, positives } = countAtThresholds(labels, scores, { weights });
  const kept: number[] = [];
  for (let i = thresholds.length - 1; i >= 0; i--) {
    const isInside = i > 0 && i < thresholds.length - 1 && truePositives[i - 1] === truePositives[i + 1];
    if (!(dropIntermediate && isInside)) kept.push(i);
  }
  const column = (last: number, value: (index: number) => number): Float64Array =>
    Float64Array.from({ length: kept.length + 1 }, (_, k) => (k === kept.length ? last : value(kept[k]!)));
  return {
    precision: column(1, (i) => truePositives[i]! / (truePositives[i]! + falsePositives[i]!)),
    recall: column(0, (i) => (positives === 0 ? 1 : truePositives[i]! / positives)),
    thresholds: Float64Array.from(kept, (i) => thresholds[i]!),
  };
}
