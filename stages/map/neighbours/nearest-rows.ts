import type { Rows } from '../../../src/learning/metrics/multivariate/rows.ts';
import { squaredDistances } from './distances.ts';

/** The nearest other rows of some rows, the nearest first. */
export interface NearestRows {
  /** The rows that were asked about. */
  readonly queries: readonly number[];
  /** How many nearest rows each has. */
  readonly count: number;
  /** `[queries, count]`: indices of rows. */
  readonly indexes: Int32Array;
  /** `[queries, count]`: Euclidean distances, rising. */
  readonly distances: Float64Array;
}

/**
 * The `count` nearest rows of each query, exactly, by comparing it with all rows. Of rows at equal
 * distance the first is nearer. A row is never its own neighbour, but may be that of an equal one.
 *
 * Example: of the rows (0), (1), (3), the nearest of the last is the second, at distance 2.
 *
 * @param count Below the number of rows.
 * @param onQuery Called after each query.
 */
export function nearestRows(
  rows: Rows,
  queries: readonly number[],
  count: number,
  onQuery: (done: number) => void = () => {},
): NearestRows {
  const indexes = new Int32Array(queries.length * count);
  const distances = new Float64Array(queries.length * count);
  let done = 0;
  for (const { row, squared } of squaredDistances(rows, queries)) {
    const from = done * count;
    const nearest = distances.subarray(from, from + count).fill(Infinity);
    const at = indexes.subarray(from, from + count);
    for (let j = 0; j < squared.length; j++) {
      const distance = squared[j]!;
      if (distance >= nearest[count - 1]! || j === row) continue;
      let place = count - 1;
      for (; place > 0 && nearest[place - 1]! > distance; place--) {
        nearest[place] = nearest[place - 1]!;
        at[place] = at[place - 1]!;
      }
      nearest[place] = distance;
      at[place] = j;
    }
    for (let k = 0; k < count; k++) nearest[k] = Math.sqrt(nearest[k]!);
    onQuery(++done);
  }
  return { queries, count, indexes, distances };
}

/**
 * The mean share of nearest rows that two arrangements of the same rows have in common, 0 to 1;
 * higher is better. Arrangements that have nothing to do with each other share count / (rows - 1).
 *
 * Example: with the nearest rows {1, 2} and {1, 3} of a single row it is 0.5.
 */
export function sharedNeighbours(a: NearestRows, b: NearestRows): number {
  const { count, queries } = a;
  let common = 0;
  for (let i = 0; i < queries.length; i++) {
    const ofB = new Set(b.indexes.subarray(i * count, (i + 1) * count));
    for (let k = 0; k < count; k++) if (ofB.has(a.indexes[i * count + k]!)) common++;
  }
  return common / (queries.length * count);
}
