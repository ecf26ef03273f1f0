/**
 * How differently two maps lie, 0 to 2: 1 less their correlation over pixels (Pearson's; CC in Bylinskii et al. 2019, "What do
 * different evaluation metrics tell us about saliency models?", section 4.2.4). 0 where they say the same up to scale and
 * offset, so maps scaled to 0 to 1 are as far apart as before; 1 where one tells nothing of the other. NaN where one of them is
 * the same everywhere.
 *
 * Example: 0, 1, 0, 1 and 0, 1, 1, 2 give 1 - 1/√2, about 0.293.
 *
 * @param one `[height, width]`, as the other.
 */
export function mapDistance(one: ArrayLike<number>, other: ArrayLike<number>): number {
  const { length } = one;
  let [sumOne, sumOther] = [0, 0];
  for (let i = 0; i < length; i++) {
    sumOne += one[i]!;
    sumOther += other[i]!;
  }
  const [meanOne, meanOther] = [sumOne / length, sumOther / length];
  let [both, squaresOne, squaresOther] = [0, 0, 0];
  for (let i = 0; i < length; i++) {
    const [a, b] = [one[i]! - meanOne, other[i]! - meanOther];
    both += a * b;
    squaresOne += a * a;
    squaresOther += b * b;
  }
  // Rounding may leave a correlation above 1.
  return Math.max(0, 1 - both / Math.sqrt(squaresOne * squaresOther));
}
