import { unitsOf } from '../intervals/bootstrap-draws.ts';
import { rankScores } from '../ranking/threshold-counts.ts';
import { type Exchanges, exchangeTest } from './exchange-test.ts';

/**
 * The two-sided p-value of the hypothesis that two models have the same area under the ROC curve,
 * on images in groups, such as the frames of videos: the models' positions in their rankings are
 * exchanged, group by group, and the areas compared (Bandos, Rockette and Gur 2005, "A permutation
 * test sensitive to differences in areas for comparing ROC curves from a paired design"; the
 * exchange of groups in place of images keeps frames together). Positions are mid-ranks, since the
 * scores of two models have no common scale. It is valid for any number of groups, however few;
 * with g groups it is at least 2 / 2^g.
 *
 * Example: labels 0 0 0 1 1 1 in three groups, the first and fourth image and so on, with scores
 * 1 2 3 4 5 6 and 6 5 4 3 2 1, give 0.25.
 *
 * @param labels 0 or 1 for each image; @param groups undefined for an image that is alone.
 * @param one One finite score for each image, higher for positive; @param other The same of the
 * other model.
 */
export function rankExchangeTest(
  labels: ArrayLike<number>,
  groups: readonly (string | undefined)[] | undefined,
  [firstScores, secondScores]: readonly [first: ArrayLike<number>, second: ArrayLike<number>],
  exchanges: Exchanges,
): number {
  const { count, unitOf } = unitsOf(labels.length, groups);
  const ranks = [twiceMidRanks(firstScores), twiceMidRanks(secondScores)] as const;
  const size = 2 * labels.length + 1;
  const counts = [new Float64Array(size), new Float64Array(size)] as const;
  /**
   * Twice the number of pairs in order, those of equal rank counting half, where some units have
   * the positions of the other model.
   */
  const winsOf = (exchanged: Uint8Array, of: 0 | 1): number => {
    for (const column of counts) column.fill(0);
    for (let i = 0; i < unitOf.length; i++) {
      const rank = ranks[exchanged[unitOf[i]!] === 1 ? 1 - of : of]![i]!;
      counts[labels[i] === 1 ? 1 : 0][rank]!++;
    }
    return twiceWins(counts[0], counts[1]);
  };
  const difference = (exchanged: Uint8Array) =>
    Math.abs(winsOf(exchanged, 0) - winsOf(exchanged, 1));
  const observed = difference(new Uint8Array(count)) * withoutShiftAndStretch(count);
  return exchangeTest(count, (exchanged) => difference(exchanged) >= observed, exchanges);
}

/**
 * By how much exchanged positions differ less than exchanged scores on a common scale would: the
 * positions of both models have one distribution, so no shift and no stretch of all scores is
 * exchanged. These are two of the degrees of freedom that as many units have.
 */
const withoutShiftAndStretch = (units: number): number => Math.sqrt(Math.max(0, units - 2) / units);

/** Twice the mid-rank of each score, from 2 for a single lowest one. */
function twiceMidRanks(scores: ArrayLike<number>): Uint32Array {
  const { positions, thresholds } = rankScores(scores);
  const sizes = new Uint32Array(thresholds.length);
  for (const position of positions) sizes[position]!++;
  const ranks = new Uint32Array(thresholds.length);
  let below = 0;
  for (let position = thresholds.length - 1; position >= 0; position--) {
    ranks[position] = 2 * below + sizes[position]! + 1;
    below += sizes[position]!;
  }
  return positions.map((position) => ranks[position]!);
}

/**
 * For counts of negatives and positives by rising rank, twice the pairs with the positive above,
 * and once those with equal ranks.
 */
function twiceWins(negatives: Float64Array, positives: Float64Array): number {
  let wins = 0;
  let below = 0;
  for (let rank = 0; rank < negatives.length; rank++) {
    wins += positives[rank]! * (2 * below + negatives[rank]!);
    below += negatives[rank]!;
  }
  return wins;
}
