import { rankScores } from './ranking/threshold-counts.ts';

/**
 * Spearman's rank correlation (1904, "The proof and measurement of association between two things")
 * of two lists of ranks, Pearson's correlation of {@link averageRanks}: from -1, opposite order, to
 * 1, the same order; NaN where all ranks of a list are equal. It takes ranks, since ranking is most
 * of the work where one list is compared with many.
 *
 * Example: the ranks of 1, 2, 3, 4 and 1, 3, 2, 4 give 0.8.
 */
export function correlateRanks(a: Float64Array, b: Float64Array): number {
  if (a.length !== b.length) throw new RangeError(`Expected ${a.length} numbers, got ${b.length}`);
  const middle = (a.length + 1) / 2;
  let products = 0;
  let squaresOfA = 0;
  let squaresOfB = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i]! - middle;
    const y = b[i]! - middle;
    products += x * y;
    squaresOfA += x * x;
    squaresOfB += y * y;
  }
  return squaresOfA === 0 || squaresOfB === 0
    ? Number.NaN
    : products / Math.sqrt(squaresOfA * squaresOfB);
}

/**
 * Ranks from 1 for the greatest; equal numbers have the mean of their ranks. Throws a RangeError
 * for a number that is not finite.
 */
export function averageRanks(values: ArrayLike<number>): Float64Array {
  const { thresholds, positions } = rankScores(values);
  const counts = new Float64Array(thresholds.length);
  for (const position of positions) counts[position]!++;
  let above = 0;
  const ranks = counts.map((count) => {
    above += count;
    return above - (count - 1) / 2;
  });
  return Float64Array.from(positions, (position) => ranks[position]!);
}
