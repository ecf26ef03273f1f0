/**
 * Solves A x = b for a symmetric positive definite A by Cholesky's factors (Golub and Van Loan 2013, "Matrix computations",
 * algorithm 4.2.1).
 *
 * Example: A = (4 2; 2 3) and b = (2, 5) give x = (-0.5, 2).
 *
 * @param matrix `[size, size]`; only its upper triangle is read. Throws a RangeError where it is not positive definite.
 * @param vector `[size]`.
 */
export function choleskySolve(matrix: Float64Array, vector: Float64Array): Float64Array {
  const size = vector.length;
  const lower = new Float64Array(size * size); // of Lᵀ's rows, so that sums run along memory
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
  const x = Float64Array.from(vector);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) x[i]! -= lower[i * size + k]! * x[k]!;
    x[i]! /= lower[i * size + i]!;
  }
  for (let i = size - 1; i >= 0; i--) {
    x[i]! /= lower[i * size + i]!;
    for (let k = 0; k < i; k++) x[k]! -= lower[i * size + k]! * x[i]!;
  }
  return x;
}
