import { type Rows, rowProducts } from '../../../src/learning/metrics/multivariate/rows.ts';

/** So many rows are compared with all others at once: their distances stay in the cache. */
const blockRows = 64;

/** The squared Euclidean distances of a row to all rows, its own, 0, among them. */
interface DistancesOfRow {
  readonly row: number;
  /** `[rows]`, valid until the next row is asked for. */
  readonly squared: Float64Array;
}

/** The squared distances of the rows `queries` to all rows, in turn. Equal rows have exactly 0. */
export function* squaredDistances(
  rows: Rows,
  queries: Iterable<number>,
): Generator<DistancesOfRow> {
  const norms = normsOf(rows);
  for (const block of blocksOf(queries)) {
    const products = rowProducts(
      block.map((row) => rows[row]!),
      rows,
    );
    for (const [i, row] of block.entries()) {
      const squared = products[i]!;
      // |a - b|² = |a|² + |b|² - 2 a·b, which rounding can make negative.
      for (let j = 0; j < squared.length; j++)
        squared[j] = Math.max(0, norms[row]! + norms[j]! - 2 * squared[j]!);
      squared[row] = 0;
      yield { row, squared };
    }
  }
}

/** The squared distances of a row to itself, 0, and to those after it. */
interface DistancesAfterRow {
  readonly row: number;
  /** `[rows after the first of its block]`: that to row `first + k` at place k. */
  readonly squared: Float64Array;
  readonly first: number;
}

/**
 * The squared distances of all pairs of rows, each once: of each row in turn those to the later
 * ones, with the same bits as `squaredDistances` gives for either of a pair.
 */
export function* pairDistances(rows: Rows): Generator<DistancesAfterRow> {
  const norms = normsOf(rows);
  for (let first = 0; first < rows.length; first += blockRows) {
    const later = rows.slice(first);
    const products = rowProducts(later.slice(0, blockRows), later);
    for (const [i, squared] of products.entries()) {
      const row = first + i;
      for (let k = i; k < squared.length; k++)
        squared[k] = Math.max(0, norms[row]! + norms[first + k]! - 2 * squared[k]!);
      squared[i] = 0;
      yield { row, squared, first };
    }
  }
}

const normsOf = (rows: Rows): Float64Array =>
  Float64Array.from(rows, (row) => row.reduce((sum, value) => sum + value * value, 0));

function* blocksOf(queries: Iterable<number>): Generator<readonly number[]> {
  let block: number[] = [];
  for (const query of queries) {
    block.push(query);
    if (block.length < blockRows) continue;
    yield block;
    block = [];
  }
  if (block.length > 0) yield block;
}
