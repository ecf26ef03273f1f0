/**
 * Eigenvalues of a small symmetric matrix, falling, and to each its unit eigenvector: Jacobi's method (Golub and Van Loan
 * 2013, "Matrix computations", section 8.5), which turns one pair of axes after another until all else is 0.
 */
export function symmetricEigen(matrix: readonly (readonly number[])[]): {
  readonly values: readonly number[];
  readonly vectors: readonly (readonly number[])[];
} {
  const size = matrix.length;
  const a = matrix.map((row) => [...row]);
  const vectors = matrix.map((_, i) => matrix.map((_, k) => (i === k ? 1 : 0)));
  const norm = Math.hypot(...a.flat());
  const outside = () => Math.hypot(...a.flatMap((row, i) => row.filter((_, k) => k !== i)));
  for (let sweep = 0; sweep < 50 && outside() > 1e-15 * norm; sweep++) {
    for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) turn(a, vectors, p, q);
  }
  const order = a.map((_, i) => i).sort((i, k) => a[k]![k]! - a[i]![i]!);
  return { values: order.map((i) => a[i]![i]!), vectors: order.map((i) => vectors[i]!) };
}

/** Turns the axes p and q so that they no longer mix. */
function turn(a: number[][], vectors: number[][], p: number, q: number): void {
  const [app, aqq, apq] = [a[p]![p]!, a[q]![q]!, a[p]![q]!];
  if (apq === 0) return;
  const ratio = (aqq - app) / (2 * apq);
  const tangent = (ratio < 0 ? -1 : 1) / (Math.abs(ratio) + Math.sqrt(1 + ratio ** 2));
  const cosine = 1 / Math.sqrt(1 + tangent ** 2);
  const sine = tangent * cosine;
  for (const row of a) [row[p], row[q]] = [cosine * row[p]! - sine * row[q]!, sine * row[p]! + cosine * row[q]!];
  for (const rows of [a, vectors]) {
    const [one, other] = [rows[p]!, rows[q]!];
    rows[p] = one.map((value, i) => cosine * value - sine * other[i]!);
    rows[q] = one.map((value, i) => sine * value + cosine * other[i]!);
  }
}
