import type { ThresholdCounts } from './threshold-counts.ts';

/**
 * The height of the ROC curve at false positive rates, 0 to 1: straight between its points, the upper end where it rises. What
 * a band is made of. Higher is better; by chance it is the false positive rate itself. NaN where a class is missing. Below
 * one over the number of negatives it says more of the line than of the ranking.
 *
 * Example: labels 0 0 1 1, scores 0.1 0.4 0.35 0.8 give 0.5 0.5 1 1 at 0 0.25 0.5 1.
 *
 * @param places False positive rates, ascending, 0 to 1.
 */
export function truePositiveRatesAt(counts: ThresholdCounts, places: ArrayLike<number>): Float64Array {
  const { falsePositives, truePositives, positives, negatives } = counts;
  let next = 0; // the first threshold that lies right of the place
  return Float64Array.from(places, (place) => {
    if (!(positives > 0 && negatives > 0)) return Number.NaN;
    // As shares, since 0.29 * 100 is below 29.
    while (next < falsePositives.length && falsePositives[next]! / negatives <= place) next++;
    const [x, y] = next === 0 ? [0, 0] : [falsePositives[next - 1]!, truePositives[next - 1]!];
    if (next === falsePositives.length) return y / positives;
    const share = Math.max(0, place * negatives - x) / (falsePositives[next]! - x);
    return (y + share * (truePositives[next]! - y)) / positives;
  });
}

/** {@link truePositiveRatesAt} of one place. */
export function truePositiveRateAt(counts: ThresholdCounts, place: number): number {
  return truePositiveRatesAt(counts, [place])[0]!;
}

/**
 * The precision at recalls: of the first threshold that reaches each, since between the points of a precision-recall curve
 * there is no straight line. NaN where there are no positives.
 *
 * Example: labels 0 0 1 1, scores 0.1 0.4 0.35 0.8 give 1 1 2/3 at 0 0.5 0.75.
 *
 * @param places Recalls, ascending, 0 to 1.
 */
export function precisionsAt(counts: ThresholdCounts, places: ArrayLike<number>): Float64Array {
  const { falsePositives, truePositives, positives } = counts;
  let at = 0;
  return Float64Array.from(places, (place) => {
    if (!(positives > 0)) return Number.NaN;
    while (at < truePositives.length - 1 && truePositives[at]! / positives < place) at++;
    return truePositives[at]! / (truePositives[at]! + falsePositives[at]!);
  });
}
