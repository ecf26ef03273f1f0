/**
 * A matrix as an array of its rows, all of one length. ml-matrix works entry by entry: three to
 * five times slower for the sizes here.
 */
export type Rows = readonly Float64Array[];

const zeros = (rows: number, columns: number): Rows =>
  Array.from({ length: rows }, () => new Float64Array(columns));

export function transposed(rows: Rows): Rows {
  const turned = zeros(rows[0]!.length, rows.length);
  for (const [i, row] of rows.entries())
    for (let k = 0; k < row.length; k++) turned[k]![i] = row[k]!;
  return turned;
}

/**
 * Entries of every row that are read before those of the next row: two of `a` and four of `b` stay
 * in the processor's first cache.
 */
const blockLength = 256;
/** Entries of rows of `b` that stay in the processor's second cache for all rows of `a`. */
const keptEntries = 16_384;

/**
 * The product of every row of one matrix with every row of another, A Bᵀ: `[rows of a, rows of b]`.
 * It computes two rows by four columns at a time, whose sums stay in registers.
 *
 * Example: a = (1 2; 3 4) and b = (1 1) give (3; 7).
 */
export function rowProducts(a: Rows, b: Rows): Rows {
  const products = zeros(a.length, b.length);
  for (let from = 0; from < a[0]!.length; from += blockLength) {
    const to = Math.min(from + blockLength, a[0]!.length);
    const keptRows = 4 * Math.ceil(keptEntries / (to - from) / 4);
    for (let first = 0; first < b.length; first += keptRows) {
      const end = Math.min(first + keptRows, b.length);
      for (let i = 0; i < a.length; i += 2) addTwoRows(products, a, b, { i, from, to, first, end });
    }
  }
  if (a === b)
    for (const [i, row] of products.entries())
      for (let j = 0; j < i; j++) row[j] = products[j]![i]!;
  return products;
}

/** A part of products: entries `from` to `to` of two rows of `a` and of rows of `b`. */
interface Part {
  readonly i: number;
  readonly from: number;
  readonly to: number;
  /** The first of these rows of `b`, a multiple of four, and the one after the last. */
  readonly first: number;
  readonly end: number;
}

/** Adds to rows i and i + 1 of the products what a part contributes. */
function addTwoRows(products: Rows, a: Rows, b: Rows, { i, from, to, first, end }: Part): void {
  // A row past the end gives zeros, and writes beyond the end of a typed array have no effect.
  const a0 = a[i]!;
  const a1 = a[i + 1] ?? new Float64Array(to);
  const p0 = products[i]!;
  const p1 = products[i + 1] ?? new Float64Array(b.length);
  // Products of a matrix with itself are symmetric: those left of the diagonal are copied later.
  for (let j = a === b ? Math.max(first, i - (i % 4)) : first; j < end; j += 4) {
    const b0 = b[j]!;
    const b1 = b[j + 1] ?? b[j]!;
    const b2 = b[j + 2] ?? b[j]!;
    const b3 = b[j + 3] ?? b[j]!;
    // Sums that are declared by destructuring would take 1.6 times as long.
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    let t0 = 0;
    let t1 = 0;
    let t2 = 0;
    let t3 = 0;
    for (let k = from; k < to; k++) {
      const x = a0[k]!;
      const y = a1[k]!;
      s0 += x * b0[k]!;
      t0 += y * b0[k]!;
      s1 += x * b1[k]!;
      t1 += y * b1[k]!;
      s2 += x * b2[k]!;
      t2 += y * b2[k]!;
      s3 += x * b3[k]!;
      t3 += y * b3[k]!;
    }
    p0[j]! += s0;
    p0[j + 1]! += s1;
    p0[j + 2]! += s2;
    p0[j + 3]! += s3;
    p1[j]! += t0;
    p1[j + 1]! += t1;
    p1[j + 2]! += t2;
    p1[j + 3]! += t3;
  }
}

/**
 * The lower factor L of a symmetric positive definite matrix A = L Lᵀ (Golub and Van Loan 2013,
 * "Matrix computations", algorithm 4.2.1).
 *
 * Example: A = (4 2; 2 3) gives L = (2 0; 1 √2).
 *
 * @param matrix Throws a RangeError where it is not positive definite.
 */
export function choleskyFactor(matrix: Rows): Rows {
  const factor: Float64Array[] = [];
  for (const [i, given] of matrix.entries()) {
    const row = given.slice();
    factor.push(row);
    for (let j = 0; j <= i; j++) {
      const earlier = factor[j]!;
      let sum = row[j]!;
      for (let k = 0; k < j; k++) sum -= row[k]! * earlier[k]!;
      if (i === j && !(sum > 0)) {
        throw new RangeError(
          `Expected a positive definite matrix, got a pivot of ${sum} in row ${i}.`,
        );
      }
      row[j] = i === j ? Math.sqrt(sum) : sum / earlier[j]!;
    }
    row.fill(0, i + 1);
  }
  return factor;
}

/**
 * Solves A x = b by A's lower factor for every row b of `right`; the rows of the result are the
 * solutions x.
 *
 * Example: the factor of (4 2; 2 3) and b = (2 5) give x = (-0.5 2).
 */
export function choleskySolve(lower: Rows, right: Rows): Rows {
  const upper = transposed(lower);
  const solved = right.map((row) => row.slice());
  // Four at a time share the reading of the factor; the last stands in for those past the end.
  for (let from = 0; from < solved.length; from += 4) {
    const last = solved.at(-1)!;
    const four = [
      solved[from]!,
      solved[from + 1] ?? last,
      solved[from + 2] ?? last,
      solved[from + 3] ?? last,
    ] as const;
    for (let i = 0; i < lower.length; i++) eliminate(four, lower[i]!, i, 0, i);
    for (let i = lower.length - 1; i >= 0; i--) eliminate(four, upper[i]!, i, i + 1, lower.length);
  }
  return solved;
}

/** Solves the equation `row` for unknown i of four sides, given the unknowns `from` to `to`. */
function eliminate(
  [a, b, c, d]: readonly [Float64Array, Float64Array, Float64Array, Float64Array],
  row: Float64Array,
  ...[i, from, to]: readonly [i: number, from: number, to: number]
): void {
  let s = a[i]!;
  let t = b[i]!;
  let u = c[i]!;
  let v = d[i]!;
  for (let k = from; k < to; k++) {
    const factor = row[k]!;
    s -= factor * a[k]!;
    t -= factor * b[k]!;
    u -= factor * c[k]!;
    v -= factor * d[k]!;
  }
  a[i] = s / row[i]!;
  b[i] = t / row[i]!;
  c[i] = u / row[i]!;
  d[i] = v / row[i]!;
}
