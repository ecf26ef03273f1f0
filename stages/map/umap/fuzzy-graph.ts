import type { NearestRows } from '../neighbours/nearest-rows.ts';

/**
 * The weighted graph whose layout UMAP draws. It is symmetric: every edge is there in both
 * directions, in the order of its head, then of its tail.
 */
export interface FuzzyGraph {
  readonly nodes: number;
  readonly heads: Int32Array;
  readonly tails: Int32Array;
  /** The membership strength of each edge, above 0 and at most 1. */
  readonly weights: Float64Array;
}

/**
 * The fuzzy union of the neighbourhoods of all rows (McInnes, Healy and Melville 2018, "UMAP:
 * Uniform Manifold Approximation and Projection", algorithms 2 and 3, and the union of section
 * 3.1). The neighbourhood of a row is so wide that its strengths sum to log2(neighbours + 1), as in
 * umap-learn, whose `n_neighbors` counts the row itself.
 *
 * @param nearest Those of all rows, in their order.
 */
export function fuzzyGraph(nearest: NearestRows): FuzzyGraph {
  const { count, indexes } = nearest;
  const nodes = nearest.queries.length;
  const strengths = strengthsOf(nearest);
  const strengthTo = (head: number, tail: number): number => {
    for (let at = head * count; at < (head + 1) * count; at++)
      if (indexes[at] === tail) return strengths[at]!;
    return 0;
  };
  const tailsOf: number[][] = Array.from({ length: nodes }, () => []);
  for (let at = 0; at < indexes.length; at++) {
    const head = Math.floor(at / count);
    const tail = indexes[at]!;
    tailsOf[head]!.push(tail);
    // An edge that only one of its ends knows is there in the other direction, too.
    if (strengthTo(tail, head) === 0) tailsOf[tail]!.push(head);
  }
  const edges = tailsOf.flatMap((tails, head) =>
    [...new Set(tails)]
      .sort((a, b) => a - b)
      .map((tail) => {
        const there = strengthTo(head, tail);
        const back = strengthTo(tail, head);
        return { head, tail, weight: there + back - there * back };
      })
      .filter(({ weight }) => weight > 0),
  );
  return {
    nodes,
    heads: Int32Array.from(edges, ({ head }) => head),
    tails: Int32Array.from(edges, ({ tail }) => tail),
    weights: Float64Array.from(edges, ({ weight }) => weight),
  };
}

/**
 * `[rows, count]`: exp(-(d - ρ) / σ) for a neighbour at distance d, where ρ is the distance of the
 * nearest that is not equal, so that each row is connected.
 */
function strengthsOf({ distances, count, queries }: NearestRows): Float64Array {
  const strengths = new Float64Array(distances.length);
  const mean = distances.reduce((sum, value) => sum + value, 0) / distances.length;
  for (let row = 0; row < queries.length; row++) {
    const own = distances.subarray(row * count, (row + 1) * count);
    const nearest = own.find((distance) => distance > 0) ?? 0;
    const ownMean = own.reduce((sum, value) => sum + value, 0) / count;
    const least = leastShare * (nearest > 0 ? ownMean : mean);
    const width = Math.max(least, widthOf(own, nearest));
    for (let k = 0; k < count; k++) {
      const beyond = own[k]! - nearest;
      strengths[row * count + k] = beyond <= 0 ? 1 : Math.exp(-beyond / width);
    }
  }
  return strengths;
}

/** A neighbourhood is at least this share of its mean distance wide. */
const leastShare = 1e-3;
const mostHalvings = 64;
const tolerance = 1e-5;

/** σ: the strengths of the distances sum to log2(count + 1). */
function widthOf(distances: Float64Array, nearest: number): number {
  const target = Math.log2(distances.length + 1);
  let low = 0;
  let high = Infinity;
  let width = 1;
  for (let round = 0; round < mostHalvings; round++) {
    let sum = 0;
    for (const distance of distances) {
      const beyond = distance - nearest;
      sum += beyond > 0 ? Math.exp(-beyond / width) : 1;
    }
    if (Math.abs(sum - target) < tolerance) break;
    if (sum > target) high = width;
    else low = width;
    width = high === Infinity ? 2 * width : (low + high) / 2;
  }
  return width;
}
