import { rocCurve } from './roc-curve.ts';
import type { ThresholdCounts } from './threshold-counts.ts';

/**
 * The DET curve of a ranking (Martin et al. 1997, "The DET curve in assessment of detection task
 * performance"), as scikit-learn 1.7's `det_curve` gives it: both error rates from the highest
 * threshold that misses no positive to the lowest that calls no negative positive, since beyond
 * them one rate stays 0. Lower is better in both. Thresholds ascend; the last is infinite where a
 * negative has the highest score. Its axes are normal deviates, on which 0 and 1 lie at infinity.
 * Throws a RangeError where a class is missing.
 *
 * Example: labels 0 0 1 1, scores 0.1 0.4 0.35 0.8 give (0.5, 0) (0.5, 0.5) (0, 0.5) at the
 * thresholds 0.35 0.4 0.8.
 */
export function detCurve(counts: ThresholdCounts) {
  const { positives, negatives } = counts;
  if (!(positives > 0 && negatives > 0)) {
    throw new RangeError(
      `Expected items of both classes for a DET curve, got ${positives} of 1 and ${negatives} of 0`,
    );
  }
  const { falsePositiveRate, truePositiveRate, thresholds } = rocCurve(counts, {
    dropIntermediate: false,
  });
  const first = falsePositiveRate.lastIndexOf(0);
  const last = truePositiveRate.indexOf(1);
  const inside = (values: Float64Array) => values.slice(first, last + 1).reverse();
  return {
    falsePositiveRate: inside(falsePositiveRate),
    falseNegativeRate: inside(truePositiveRate).map((rate) => 1 - rate),
    thresholds: inside(thresholds),
  };
}
