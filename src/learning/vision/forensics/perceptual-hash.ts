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
  const across = new Float64Array(hashSide * block);
  for (let row = 0; row < hashSide; row++) {
    for (let u = 0; u < block; u++) {
      let sum = 0;
      for (let x = 0; x < hashSide; x++)
        sum += grey[row * hashSide + x]! * cosines[u * hashSide + x]!;
      across[row * block + u] = sum;
    }
  }
  const coefficients = new Float64Array(block * block);
  for (let v = 0; v < block; v++) {
    for (let row = 0; row < hashSide; row++) {
      const weight = cosines[v * hashSide + row]!;
      for (let u = 0; u < block; u++)
        coefficients[v * block + u]! += weight * across[row * block + u]!;
    }
  }
  const sorted = coefficients.toSorted();
  if (sorted.at(-1)! - sorted[0]! < leastRange) return undefined;
  const median = (sorted[31]! + sorted[32]!) / 2;
  const bits = [0, 0] as [number, number];
  for (const [i, value] of coefficients.entries())
    if (value > median) bits[i >>> 5]! |= 1 << (i & 31);
  return [bits[0] >>> 0, bits[1] >>> 0];
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

/** The orthonormal cosine transform, frequencies 1 to 8: `[frequency, position]`. */
const cosines = Float64Array.from({ length: block * hashSide }, (_, i) => {
  const frequency = Math.floor(i / hashSide) + 1;
  const position = i % hashSide;
  return (
    Math.sqrt(2 / hashSide) * Math.cos((Math.PI * frequency * (2 * position + 1)) / (2 * hashSide))
  );
});
