import type { Weighted } from '../weights.ts';
import { OneClassError } from './one-class-error.ts';
import type { Scores } from './rank-scores.ts';
import { rocCurve } from './roc-curve.ts';

/** A detection error tradeoff: both error rates at each threshold. */
export interface DetCurve {
  /** Share of negatives at or above the threshold, descending. */
  readonly falsePositiveRate: Float64Array;
  /** Share of positives below the threshold, ascending. */
  readonly falseNegativeRate: Float64Array;
  /** Ascending; the last is infinite where even the highest score is a negative's. */
  readonly thresholds: Float64Array;
}

/**
 * The DET curve of a ranking (Martin et al. 1997, "The DET curve in assessment of detection task performance"), as
 * scikit-learn 1.7's `det_curve` gives it: trimmed to the points from the highest threshold that misses no positive to the
 * lowest that calls no negative positive, since beyond them one rate stays 0. Lower is better in both.
 *
 * It is drawn on axes of normal deviates, on which 0 and 1 lie at infinity.
 *
 * Example: labels 0 0 1 1, scores 0.1 0.4 0.35 0.8 give (0.5, 0) (0.5, 0.5) (0, 0.5) at the thresholds 0.35 0.4 0.8.
 *
 * @param labels 0 or 1 for each item; 1 is positive.
 * @param scores One finite number for each item, higher for positive; throws a RangeError otherwise.
 * @param options `dropIntermediate` (default false) leaves out points between two of the same false negative rate.
 * @throws {OneClassError} Where a class is missing.
 */
export function detCurve(
  labels: ArrayLike<number>,
  scores: Scores,
  { dropIntermediate = false, weights }: { readonly dropIntermediate?: boolean } & Weighted = {},
): DetCurve {
  const { falsePositiveRate, truePositiveRate, thresholds } = rocCurve(labels, scores, {
    dropIntermediate: false,
    weights,
  });
  const end = thresholds.length - 1;
  if (!(truePositiveRate[end] === 1 && falsePositiveRate[end] === 1)) throw new OneClassError('a DET curve', labels);
  const last = truePositiveRate.indexOf(1);
  const kept: number[] = [];
  for (let i = last; i >= 0; i--) {
    const isInside = i > 0 && i < end && truePositiveRate[i - 1] === truePositiveRate[i + 1];
    if (!(dropIntermediate && isInside)) kept.push(i);
    if (falsePositiveRate[i] === 0) break;
  }
  return {
    falsePositiveRate: Float64Array.from(kept, (i) => falsePositiveRate[i]!),
    falseNegativeRate: Float64Array.from(kept, (i) => 1 - truePositiveRate[i]!),
    thresholds: Float64Array.from(kept, (i) => thresholds[i]!),
  };
}
