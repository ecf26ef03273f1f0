/** A hash of 64 bits. */
export type Hash = readonly [low: number, high: number];

/** Pixels a side of the grey picture that a hash is made of. */
export const hashSide = 32;

/** Coefficients a side; the lowest of all, a constant along one axis, are left out. */
const block = 8;

/**
 * A hash that is nearly equal for pictures that look alike, however encoded or sized: the signs of
 * the 8 x 8 lowest frequencies of a cosine transform around their median, as in pHash (Zauner 2010,
 * "Implementation and benchmarking of perceptual image hash functions", section 3.2.1); since a
 * median splits evenly, distances are even. Undefined for a picture without structure, whose signs
 * are rounding.
 *
 * @param grey The picture at 32 x 32, in row order, in any unit.
 */
export function perceptualHash(grey: ArrayLike<number>): Hash | undefined {
  const across = new Float64Array(hashSide * block); // `[row, frequency]`
  for (let row = 0; row < hashSide; row++)
    transformLine({ values: grey, first: row * hashSide, step: 1 }, across, row * block, 1);
  const coefficients = new Float64Array(block * block);
  for (let u = 0; u < block; u++)
    transformLine({ values: across, first: u, step: block }, coefficients, u, block);
  const sorted = coefficients.toSorted();
  if (sorted.at(-1)! - sorted[0]! < leastRange) return undefined;
  const median = (sorted[31]! + sorted[32]!) / 2;
  const bits = [0, 0] as [number, number];
  for (let i = 0; i < coefficients.length; i++)
    if (coefficients[i]! > median) bits[i >>> 5]! |= 1 << (i & 31);
  return [bits[0] >>> 0, bits[1] >>> 0];
}

/** A row or a column of a picture. */
interface Line {
  readonly values: ArrayLike<number>;
  readonly first: number;
  readonly step: number;
}

/**
 * Writes the {@link block} lowest frequencies of a line into `result`, from `at` on by steps. All
 * sums at once, which do not wait for each other.
 */
function transformLine(
  { values, first, step }: Line,
  result: Float64Array,
  at: number,
  resultStep: number,
): void {
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  let sum4 = 0;
  let sum5 = 0;
  let sum6 = 0;
  let sum7 = 0;
  for (let position = 0; position < hashSide; position++) {
    const value = values[first + position * step]!;
    const row = position * block;
    sum0 += value * cosines[row]!;
    sum1 += value * cosines[row + 1]!;
    sum2 += value * cosines[row + 2]!;
    sum3 += value * cosines[row + 3]!;
    sum4 += value * cosines[row + 4]!;
    sum5 += value * cosines[row + 5]!;
    sum6 += value * cosines[row + 6]!;
    sum7 += value * cosines[row + 7]!;
  }
  result[at] = sum0;
  result[at + resultStep] = sum1;
  result[at + 2 * resultStep] = sum2;
  result[at + 3 * resultStep] = sum3;
  result[at + 4 * resultStep] = sum4;
  result[at + 5 * resultStep] = sum5;
  result[at + 6 * resultStep] = sum6;
  result[at + 7 * resultStep] = sum7;
}

/** The bits in which two hashes differ, 0 to 64. */
export const hashDistance = (first: Hash, second: Hash): number =>
  bitCount(first[0] ^ second[0]) + bitCount(first[1] ^ second[1]);

/** Number of ones in 32 bits (Warren 2012, "Hacker's delight", figure 5-2). */
export function bitCount(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Half a level of grey, in the coefficients' unit. */
const leastRange = hashSide / 2;

/** The orthonormal cosine transform, frequencies 1 to 8: `[position, frequency]`. */
const cosines = Float64Array.from({ length: block * hashSide }, (_, i) => {
  const frequency = (i % block) + 1;
  const position = Math.floor(i / block);
  return (
    Math.sqrt(2 / hashSide) * Math.cos((Math.PI * frequency * (2 * position + 1)) / (2 * hashSide))
  );
});
