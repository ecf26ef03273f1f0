import { rankScores } from './ranking/threshold-counts.ts';

/**
 * Spearman's rank correlation of two numbers of each item (Spearman 1904, "The proof and measurement of association between two
 * things"): Pearson's correlation of their ranks, equal numbers sharing the mean of theirs. From -1, opposite order, to 1, the
 * same order; NaN where one of them is the same for all items, which puts them in no order.
 *
 * Example: 1, 2, 3, 4 and 1, 3, 2, 4 give 0.8.
 *
 * @param one Finite numbers; throws a RangeError otherwise, or where they are not as many as the others.
 */
export function spearman(one: ArrayLike<number>, other: ArrayLike<number>): number {
  if (one.length !== other.length) throw new RangeError(`Expected ${one.length} numbers, got ${other.length}`);
  return correlateRanks(averageRanks(one), averageRanks(other));
}

/** {@link spearman} of numbers that are ranked already, which is most of its work where each is held against many. */
export function correlateRanks(a: Float64Array, b: Float64Array): number {
  const middle = (a.length + 1) / 2;
  let [products, squaresOfA, squaresOfB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const x = a[i]! - middle;
    const y = b[i]! - middle;
    products += x * y;
    squaresOfA += x * x;
    squaresOfB += y * y;
  }
  return squaresOfA === 0 || squaresOfB === 0 ? Number.NaN : products / Math.sqrt(squaresOfA * squaresOfB);
}

/** From 1 for the greatest; equal numbers have the mean of the ranks that they take up. */
export function averageRanks(values: ArrayLike<number>): Float64Array {
  const { thresholds, places } = rankScores(values);
  const counts = new Float64Array(thresholds.length);
  for (const place of places) counts[place]!++;
  let above = 0;
  const ranks = counts.map((count) => {
    above += count;
    return above - (count - 1) / 2;
  });
  return Float64Array.from(places, (place) => ranks[place]!);
}
