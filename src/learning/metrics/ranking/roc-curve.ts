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
