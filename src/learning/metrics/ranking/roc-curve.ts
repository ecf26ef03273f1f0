import { firstIndex, type ThresholdCounts } from './threshold-counts.ts';

/**
 * The ROC curve of a ranking, as scikit-learn's `roc_curve` gives it (Fawcett 2006, algorithm 1):
 * points from (0, 0) to (1, 1), with thresholds that descend from infinity. Items with equal scores
 * share a point. The rates of a missing class are NaN. `dropIntermediate` leaves out points inside
 * a straight stretch of unit steps.
 *
 * Example: labels 0 0 1 1, scores 0.1 0.4 0.35 0.8 give the points (0, 0) (0, 0.5) (0.5, 0.5) (0.5,
 * 1) (1, 1) at the thresholds ∞ 0.8 0.4 0.35 0.1.
 */
export function rocCurve(counts: ThresholdCounts, { dropIntermediate = true } = {}) {
  const { falsePositives, truePositives } = counts;
  const last = counts.thresholds.length - 1;
  const keep = new Uint32Array(counts.thresholds.length);
  let kept = 0;
  for (let i = 0; i <= last; i++) {
    const isEnd = i === 0 || i === last;
    if (!dropIntermediate || isEnd || bends(falsePositives, i) || bends(truePositives, i))
      keep[kept++] = i;
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
const bends = (counts: Float64Array, i: number): boolean =>
  counts[i + 1]! - counts[i]! !== counts[i]! - counts[i - 1]!;

/**
 * The height of the ROC curve at false positive rates, 0 to 1: straight between its points, and the
 * upper end where it rises vertically. Higher is better; chance gives the false positive rate
 * itself. NaN where a class is missing. Below a rate of 1 / negatives the height is interpolated
 * and says little of the ranking.
 *
 * Example: labels 0 0 1 1, scores 0.1 0.4 0.35 0.8 give 0.5 0.5 1 1 at 0 0.25 0.5 1.
 */
export function truePositiveRatesAt(
  counts: ThresholdCounts,
  rates: ArrayLike<number>,
): Float64Array {
  const { falsePositives, truePositives, positives, negatives } = counts;
  return Float64Array.from(rates, (rate) => {
    if (!(positives > 0 && negatives > 0)) return Number.NaN;
    // The first threshold that lies right of the rate; in shares, since 0.29 * 100 is below 29.
    const next = firstIndex(falsePositives.length, (i) => falsePositives[i]! / negatives > rate);
    const x = next === 0 ? 0 : falsePositives[next - 1]!;
    const y = next === 0 ? 0 : truePositives[next - 1]!;
    if (next === falsePositives.length) return y / positives;
    const share = Math.max(0, rate * negatives - x) / (falsePositives[next]! - x);
    return (y + share * (truePositives[next]! - y)) / positives;
  });
}

/** {@link truePositiveRatesAt} for one rate. */
export const truePositiveRateAt = (counts: ThresholdCounts, rate: number): number =>
  truePositiveRatesAt(counts, [rate])[0]!;

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
