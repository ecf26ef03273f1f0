import type { Rows } from '../../../src/learning/metrics/multivariate/rows.ts';
import { squaredDistances } from './distances.ts';
import type { NearestRows } from './nearest-rows.ts';

/**
 * The trustworthiness of maps of rows, 0 to 1; higher is better (Venna and Kaski 2001,
 * "Neighborhood preservation in nonlinear projection methods", equation 2): 1 where each row's
 * nearest rows on the map are among its nearest rows themselves, and the lower, the further away
 * those are that the map brings near. What the map tears apart does not count.
 *
 * With all rows as queries it is scikit-learn's `trustworthiness`; with some, the same mean over
 * these, each against all rows.
 *
 * @param rows What the maps were made from.
 * @param maps The nearest rows on each map, of the same queries; fewer than half of the rows.
 */
export function trustworthiness(rows: Rows, maps: readonly NearestRows[]): readonly number[] {
  const { queries, count } = maps[0]!;
  const penalties = maps.map(() => 0);
  let query = 0;
  for (const { row, squared } of squaredDistances(rows, queries)) {
    const from = query++ * count;
    for (const [m, { indexes }] of maps.entries()) {
      const ranks = ranksOf(squared, row, indexes.subarray(from, from + count));
      for (const rank of ranks) penalties[m]! += Math.max(0, rank - count);
    }
  }
  const worst = (queries.length * count * (2 * rows.length - 3 * count - 1)) / 2;
  return penalties.map((penalty) => 1 - penalty / worst);
}

/**
 * The ranks of some rows among all others by their distance, from 1. Rows at equal distance have
 * the rank of the first of them.
 */
function ranksOf(squared: Float64Array, row: number, others: Int32Array): readonly number[] {
  const bounds = Float64Array.from(others, (other) => squared[other]!).sort();
  const furthest = bounds.at(-1)!;
  // How many rows are nearer than bound k, but not than bound k - 1.
  const nearer = new Int32Array(bounds.length);
  for (let j = 0; j < squared.length; j++) {
    const distance = squared[j]!;
    if (distance >= furthest || j === row) continue;
    let k = 0;
    while (bounds[k]! <= distance) k++;
    nearer[k]!++;
  }
  let sum = 0;
  return Array.from(nearer, (count) => {
    sum += count;
    return sum + 1;
  });
}
