import type { RankedScores } from '../ranking/threshold-counts.ts';

/**
 * DeLong's placements: for each positive the share of negatives ranked below it, for each negative
 * the share of positives ranked above it, equal ranks counting half. The mean of either is the area
 * under the ROC curve (DeLong, DeLong and Clarke-Pearson 1988, "Comparing the areas under two or
 * more correlated receiver operating characteristic curves: a nonparametric approach"). In O(n) by
 * ranks as in Sun and Xu 2014, "Fast implementation of DeLong's algorithm".
 *
 * Example: labels 0 0 1 1, scores 0.1 0.4 0.35 0.8 give 0.5 and 1 for the positives, and 1 and 0.5
 * for the negatives.
 */
export function placementsOf(labels: ArrayLike<number>, { thresholds, positions }: RankedScores) {
  if (labels.length !== positions.length) {
    throw new RangeError(
      `Expected one score for each of ${labels.length} labels, got ${positions.length}`,
    );
  }
  const counts = [
    new Float64Array(thresholds.length),
    new Float64Array(thresholds.length),
  ] as const;
  for (let i = 0; i < positions.length; i++) counts[labels[i] === 1 ? 1 : 0][positions[i]!]!++;
  // For each position: how many of a class are ranked higher, and half of those that share it.
  const [negativesAbove, positivesAbove] = counts.map((of) => {
    let above = 0;
    return of.map((count) => {
      above += count;
      return above - count / 2;
    });
  }) as [Float64Array, Float64Array];
  const positives = counts[1].reduce((sum, count) => sum + count, 0);
  const negatives = positions.length - positives;
  const of = (label: 0 | 1, share: (position: number) => number) => {
    const ofClass = positions.filter((_, i) => (labels[i] === 1) === (label === 1));
    return Float64Array.from(ofClass, share);
  };
  return {
    positive: of(1, (position) => 1 - negativesAbove[position]! / negatives),
    negative: of(0, (position) => positivesAbove[position]! / positives),
  };
}
