import type { Rows } from '../../../src/learning/metrics/multivariate/rows.ts';
import { pairDistances, squaredDistances } from './distances.ts';

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
  const lists = new NearestLists(queries.length, count);
  let done = 0;
  for (const { row, squared } of squaredDistances(rows, queries)) {
    for (let j = 0; j < squared.length; j++) if (j !== row) lists.offer(done, j, squared[j]!);
    onQuery(++done);
  }
  return { queries, ...lists.ended() };
}

/**
 * The nearest rows of every row, as `nearestRows` gives them, to the same bits: each pair is
 * compared once, and offered to both of its rows.
 */
export function nearestOfAll(
  rows: Rows,
  count: number,
  onRow: (done: number) => void = () => {},
): NearestRows {
  const lists = new NearestLists(rows.length, count);
  // A row is offered the earlier ones in the turns of these, then the later ones in its own: in
  // order, so that of rows at equal distance the first is nearer here, too.
  for (const { row, squared, first } of pairDistances(rows)) {
    for (let k = row - first + 1; k < squared.length; k++) {
      const distance = squared[k]!;
      lists.offer(row, first + k, distance);
      lists.offer(first + k, row, distance);
    }
    onRow(row + 1);
  }
  return { queries: [...rows.keys()], ...lists.ended() };
}

/** The nearest rows that each of several rows was offered so far. */
class NearestLists {
  readonly count: number;
  readonly #indexes: Int32Array;
  readonly #distances: Float64Array;
  /** The distance of the last one of each list, at hand for the many offers that are further. */
  readonly #furthest: Float64Array;

  constructor(lists: number, count: number) {
    this.count = count;
    this.#indexes = new Int32Array(lists * count);
    this.#distances = new Float64Array(lists * count).fill(Infinity);
    this.#furthest = new Float64Array(lists).fill(Infinity);
  }

  /**
   * Takes a row into a list where it is nearer than the last one there; one that is equally near
   * stays behind.
   */
  offer(list: number, row: number, squared: number): void {
    if (squared >= this.#furthest[list]!) return;
    const from = list * this.count;
    let place = from + this.count - 1;
    for (; place > from && this.#distances[place - 1]! > squared; place--) {
      this.#distances[place] = this.#distances[place - 1]!;
      this.#indexes[place] = this.#indexes[place - 1]!;
    }
    this.#distances[place] = squared;
    this.#indexes[place] = row;
    this.#furthest[list] = this.#distances[from + this.count - 1]!;
  }

  /** The lists, whose distances are no longer squared. */
  ended(): Omit<NearestRows, 'queries'> {
    const { count } = this;
    return { count, indexes: this.#indexes, distances: this.#distances.map(Math.sqrt) };
  }
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
