import type { Weighted } from '../weights.ts';
import type { Scores } from './rank-scores.ts';
import { countAtThresholds } from './threshold-counts.ts';

/** A receiver operating characteristic: points from (0, 0) to (1, 1), one for each threshold that was kept. */
export interface RocCurve {
  /** Share of negatives at or above the threshold, ascending; NaN without negatives. */
  readonly falsePositiveRate: Float64Array;
  /** Share of positives at or above the threshold, ascending; NaN without positives. */
  readonly truePositiveRate: Float64Array;
  /** Descending; the first is infinite: nothing is called positive there. */
  readonly thresholds: Float64Array;
}

/**
 * The ROC curve of a ranking, as scikit-learn's `roc_curve` gives it (Fawcett 2006, "An introduction to ROC analysis",
 * algorithm 1). Items of one score share a point.
 *
 * Example: labels 0 0 1 1, scores 0.1 0.4 0.35 0.8 give the points (0, 0) (0, 0.5) (0.5, 0.5) (0.5, 1) (1, 1) at the
 * thresholds ∞ 0.8 0.4 0.35 0.1.
 *
 * @param labels 0 or 1 for each item; 1 is positive.
 * @param scores One finite number for each item, higher for positive; throws a RangeError otherwise.
 * @param options `dropIntermediate` (default true) leaves out points inside a straight stretch of unit steps, which
 * changes neither picture nor area; `weights`.
 */
export function rocCurve(
  labels: ArrayLike<number>,
  scores: Scores,
  { dropIntermediate = true, weights }: { readonly dropIntermediate?: boolean } & Weighted = {},
): RocCurve {
  const counts = countAtThresholds(labels, scores, { weights });
  const { falsePositives, truePositives } = counts;
  const last = counts.thresholds.length - 1;
  const keep = new Uint32Array(counts.thresholds.length);
  let kept = 0;
  for (let i = 0; i <= last; i++) {
    const isEnd = i === 0 || i === last;
    if (!dropIntermediate || isEnd || bends(falsePositives, i) || bends(truePositives, i)) keep[kept++] = i;
  }
  const column = (first: number, values: Float64Array, unit: number): Float64Array => {
    const points = new Float64Array(kept + 1);
    points[0] = first;
    for (let k = 0; k < kept; k++) points[k + 1] = values[keep[k]!]! / unit;
    return points;
  };
  return {
    falsePositiveRate: column(0 / counts.negatives, falsePositives, counts.negatives),
    truePositiveRate: column(0 / counts.positives, truePositives, counts.positives),
    thresholds: column(Infinity, counts.thresholds, 1),
  };
}

/** Whether the steps before and after differ. */
function bends(counts: Float64Array, i: number): boolean {
  return counts[i + 1]! - counts[i]! !== counts[i]! - counts[i - 1]!;
}
