import { Random } from '../../random.ts';
import { fillSpace, type Values, valueAtShare } from './space.ts';
import type { Question } from './trial.ts';

/**
 * Primitive polynomials and the first direction numbers of dimensions 2 to 32: the degree, the
 * coefficients as bits, and m (Joe and Kuo 2008, "Constructing Sobol sequences with better
 * two-dimensional projections", the table `new-joe-kuo-6`).
 */
const table: readonly (readonly [coefficients: number, m: readonly number[]])[] = [
  [0, [1]],
  [1, [1, 3]],
  [1, [1, 3, 1]],
  [2, [1, 1, 1]],
  [1, [1, 1, 3, 3]],
  [4, [1, 3, 5, 13]],
  [2, [1, 1, 5, 5, 17]],
  [4, [1, 1, 5, 5, 5]],
  [7, [1, 1, 7, 11, 19]],
  [11, [1, 1, 5, 1, 1]],
  [13, [1, 1, 1, 3, 11]],
  [14, [1, 3, 5, 5, 31]],
  [1, [1, 3, 3, 9, 7, 49]],
  [13, [1, 1, 1, 15, 21, 21]],
  [16, [1, 3, 1, 13, 27, 49]],
  [19, [1, 1, 1, 15, 7, 5]],
  [22, [1, 3, 1, 15, 13, 25]],
  [25, [1, 1, 5, 5, 19, 61]],
  [1, [1, 3, 7, 11, 23, 15, 103]],
  [4, [1, 3, 7, 13, 13, 15, 69]],
  [7, [1, 1, 3, 13, 7, 35, 63]],
  [8, [1, 3, 5, 9, 1, 25, 53]],
  [14, [1, 3, 1, 13, 9, 35, 107]],
  [19, [1, 3, 1, 5, 27, 61, 31]],
  [21, [1, 1, 5, 11, 19, 41, 61]],
  [28, [1, 3, 5, 3, 3, 13, 69]],
  [31, [1, 1, 7, 13, 1, 19, 1]],
  [32, [1, 3, 7, 5, 13, 19, 59]],
  [37, [1, 1, 3, 9, 25, 29, 41]],
  [41, [1, 3, 5, 13, 23, 1, 55]],
  [42, [1, 3, 7, 3, 13, 59, 17]],
];

/** The most parameters of a Sobol sequence. */
export const mostDimensions = table.length + 1;

const bits = 32;

/**
 * Points that cover the space more evenly than random ones: a Sobol sequence (Sobol 1967), one
 * dimension a parameter, moved by a random digital shift, which follows from the seed and the
 * parameter's name. A space has at most {@link mostDimensions} parameters. Any 2^k points that
 * begin at a multiple of 2^k have one in each of 2^k equal parts of every parameter.
 */
export function sobolValues({ space, number, seed }: Question): Values {
  const names = Object.keys(space);
  return fillSpace(space, (name, parameter) => {
    const shift = new Random('sobol', seed, name).uint32();
    const word = (sobolWord(number - 1, names.indexOf(name)) ^ shift) >>> 0;
    return valueAtShare(parameter, word / 2 ** bits);
  });
}

/**
 * The `index`-th number of a dimension, both from 0, as 32 bits after the binary point (Gray code
 * order: Antonov and Saleev 1979).
 */
export function sobolWord(index: number, dimension: number): number {
  const directions = directionsOf(dimension);
  const gray = index ^ (index >>> 1);
  let word = 0;
  for (let bit = 0; bit < bits; bit++) if ((gray >>> bit) & 1) word ^= directions[bit]!;
  return word >>> 0;
}

/** The direction numbers of a dimension (Joe and Kuo 2008, equation 2), shifted to 32 bits. */
function directionsOf(dimension: number): readonly number[] {
  if (dimension === 0) return Array.from({ length: bits }, (_, bit) => (2 ** (bits - 1 - bit)) | 0);
  const row = table[dimension - 1];
  if (row === undefined) throw new Error(`Internal error: no Sobol dimension ${dimension + 1}`);
  const [coefficients, m] = row;
  const degree = m.length;
  const directions = m.map((value, bit) => value << (bits - 1 - bit));
  for (let bit = degree; bit < bits; bit++) {
    const before = directions[bit - degree]!;
    let word = before ^ (before >>> degree);
    for (let term = 1; term < degree; term++) {
      if ((coefficients >>> (degree - 1 - term)) & 1) word ^= directions[bit - term]!;
    }
    directions.push(word | 0);
  }
  return directions;
}
