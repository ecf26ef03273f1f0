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
  const [negatives, positives] = counts.map(turnIntoRanks) as [number, number];
  const [negativesAbove, positivesAbove] = counts;
  const placements = {
    positive: new Float64Array(positives),
    negative: new Float64Array(negatives),
  };
  let nextPositive = 0;
  let nextNegative = 0;
  for (let i = 0; i < positions.length; i++) {
    const position = positions[i]!;
    if (labels[i] === 1)
      placements.positive[nextPositive++] = 1 - negativesAbove[position]! / negatives;
    else placements.negative[nextNegative++] = positivesAbove[position]! / positives;
  }
  return placements;
}

/**
 * Turns the number of images at each position into the number above it and half of those there;
 * returns that of all.
 */
function turnIntoRanks(counts: Float64Array): number {
  let above = 0;
  for (let position = 0; position < counts.length; position++) {
    const count = counts[position]!;
    above += count;
    counts[position] = above - count / 2;
  }
  return above;
}
