import { Random } from '../../../random.ts';
import { symmetricEigen } from './symmetric-eigen.ts';

/** Directions that are iterated beside those that are asked for: the more, the fewer rounds. */
const spare = 6;
const mostRounds = 500;
const tolerance = 1e-9;

/**
 * The leading eigenvectors of XᵀX, each of length 1 or all zeros where there is none, and their eigenvalues, falling. These
 * are X's right singular vectors and the squares of its singular values; signs are as they come.
 *
 * Subspace iteration with Rayleigh-Ritz steps (Saad 2011, "Numerical methods for large eigenvalue problems", algorithm
 * 5.3): exact to rounding where eigenvalues differ, and with few rows or columns as with many no matrix is squared.
 *
 * @param x `[rows, columns]`, not all zeros.
 */
export function leadingDirections(
  x: Float64Array,
  columns: number,
  count: number,
): { readonly directions: readonly Float64Array[]; readonly values: readonly number[] } {
  const random = new Random('principal components');
  const width = Math.min(count + spare, columns);
  let basis = orthonormal(
    Array.from({ length: width }, () => Float64Array.from({ length: columns }, () => random.normal())),
  );
  for (let round = 1; ; round++) {
    const images = basis.map((direction) => multiply(x, columns, direction));
    const { values, vectors } = symmetricEigen(basis.map((one) => images.map((image) => dot(one, image))));
    const [directions, turned] = [rotate(basis, vectors), rotate(images, vectors)];
    const isDone = directions.slice(0, count).every((direction, k) => {
      const rest = turned[k]!.reduce((sum, value, i) => sum + (value - values[k]! * direction[i]!) ** 2, 0);
      return Math.sqrt(rest) <= tolerance * values[0]!;
    });
    if (isDone || round === mostRounds) {
      const missing = Math.max(0, count - width); // fewer columns than components
      const nothing = Array.from({ length: missing }, () => new Float64Array(columns));
      return {
        directions: [...directions.slice(0, count), ...nothing],
        values: [...values.slice(0, count), ...Array<number>(missing).fill(0)],
      };
    }
    basis = orthonormal(turned);
  }
}

/** XᵀX v. */
function multiply(x: Float64Array, columns: number, vector: Float64Array): Float64Array {
  const product = new Float64Array(columns);
  for (let row = 0; row < x.length / columns; row++) {
    const length = along(x, row, vector);
    for (let i = 0; i < columns; i++) product[i]! += length * x[row * columns + i]!;
  }
  return product;
}

/** A row's part along a direction. */
export function along(x: Float64Array, row: number, vector: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += x[row * vector.length + i]! * vector[i]!;
  return sum;
}

const dot = (one: Float64Array, other: Float64Array): number => along(one, 0, other);

/** Gram and Schmidt, each taken off twice, since once leaves rounding; what lies in the others becomes 0. */
function orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
  const done: Float64Array[] = [];
  for (const vector of vectors) {
    const rest = vector.slice();
    for (const other of [...done, ...done]) {
      const share = dot(rest, other);
      for (let i = 0; i < rest.length; i++) rest[i]! -= share * other[i]!;
    }
    const [length, whole] = [Math.sqrt(dot(rest, rest)), Math.sqrt(dot(vector, vector))];
    done.push(length > 1e-12 * whole ? rest.map((value) => value / length) : new Float64Array(rest.length));
  }
  return done;
}

/** Sums of the vectors with the weights of each column. */
function rotate(vectors: readonly Float64Array[], columns: readonly (readonly number[])[]): Float64Array[] {
  return columns.map((weights) =>
    vectors[0]!.map((_, i) => weights.reduce((sum, weight, k) => sum + weight * vectors[k]![i]!, 0)),
  );
}
