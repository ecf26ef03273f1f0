/**
 * How differently two maps lie, 0 to 1: the share of the mass of one that would have to move to make it the other, once both have
 * the same mass (the total variation distance; 1 less the similarity of Bylinskii et al. 2019, "What do different evaluation
 * metrics tell us about saliency models?", section 4.1.4). It does not change with the unit of either. NaN where one of them is zero
 * everywhere.
 *
 * Example: 0, 1, 0, 1 and 0, 1, 1, 2 give 0.25: of the first, a quarter lies in the second pixel that the other has in the third.
 *
 * @param one Values of at least 0: `[height, width]`, as the other.
 */
export function mapDistance(one: ArrayLike<number>, other: ArrayLike<number>): number {
  let [sumOne, sumOther] = [0, 0];
  for (let i = 0; i < one.length; i++) {
    sumOne += one[i]!;
    sumOther += other[i]!;
  }
  let apart = 0;
  for (let i = 0; i < one.length; i++) apart += Math.abs(one[i]! / sumOne - other[i]! / sumOther);
  return apart / 2;
}
