import { countAtThresholds } from './threshold-counts.ts';

/** A receiver operating characteristic: points from (0, 0) to (1, 1), one for each threshold that was kept. */
interface RocCurve {
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
 * changes neither picture nor area.
 */
export function rocCurve(
  labels: ArrayLike<number>,
  scores: ArrayLike<number>,
  { dropIntermediate = true }: { readonly dropIntermediate?: boolean } = {},
): RocCurve {
  const counts = countAtThresholds(labels, scores);
  const { falsePositives, truePositives } = counts;
  const size = counts.thresholds.length;
  const keep = Uint32Array.from({ length: size }, (_, i) => i).filter(
    (i) => !dropIntermediate || i === 0 || i === size - 1 || bends(falsePositives, i) || bends(truePositives, i),
  );
  const column = (first: number, value: (index: number) => number): Float64Array =>
    Float64Array.from({ length: keep.length + 1 }, (_, i) => (i === 0 ? first : value(keep[i - 1]!)));
  return {
    falsePositiveRate: column(0 / counts.negatives, (i) => falsePositives[i]! / counts.negatives),
    truePositiveRate: column(0 / counts.positives, (i) => truePositives[i]! / counts.positives),
    thresholds: column(Infinity, (i) => counts.thresholds[i]!),
  };
}

/** Whether the steps before and after differ. */
function bends(counts: Float64Array, i: number): boolean {
  return counts[i + 1]! - counts[i]! !== counts[i]! - counts[i - 1]!;
}
