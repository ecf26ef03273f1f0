/**
 * The lower factor L of a symmetric positive definite matrix A = L Lᵀ, `[size, size]` (Golub and Van Loan 2013, "Matrix
 * computations", algorithm 4.2.1).
 *
 * Example: A = (4 2; 2 3) gives L = (2 0; 1 √2).
 *
 * @param matrix `[size, size]`; only its upper triangle is read. Throws a RangeError where it is not positive definite.
 */
export function choleskyFactor(matrix: Float64Array, size: number): Float64Array {
  const lower = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    const row = lower.subarray(i * size, i * size + i);
    for (let j = 0; j <= i; j++) {
      const other = lower.subarray(j * size, j * size + j);
      let sum = matrix[j * size + i]!;
      for (let k = 0; k < j; k++) sum -= row[k]! * other[k]!;
      if (i !== j) lower[i * size + j] = sum / lower[j * size + j]!;
      else if (sum > 0) lower[i * size + i] = Math.sqrt(sum);
      else throw new RangeError(`Expected a positive definite matrix, got a pivot of ${sum} in row ${i}.`);
    }
  }
  return lower;
}

/**
 * Solves A X = B by A's lower factor, for any number of right-hand sides at once.
 *
 * Example: the factor of (4 2; 2 3) and B = (2; 5) give X = (-0.5; 2).
 *
 * @param right `[size, sides]`.
 */
export function choleskySolve(lower: Float64Array, right: Float64Array): Float64Array {
  const size = Math.sqrt(lower.length);
  const sides = right.length / size;
  const x = right.slice();
  const divide = (row: number) => {
    for (let at = row * sides; at < (row + 1) * sides; at++) x[at]! /= lower[row * size + row]!;
  };
  const subtract = (times: number, row: number, from: number) => {
    for (let side = 0; side < sides; side++) x[from * sides + side]! -= times * x[row * sides + side]!;
  };
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) subtract(lower[i * size + k]!, k, i);
    divide(i);
  }
  for (let i = size - 1; i >= 0; i--) {
    divide(i);
    for (let k = 0; k < i; k++) subtract(lower[i * size + k]!, i, k);
  }
  return x;
}
