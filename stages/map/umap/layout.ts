import { Random } from '../../../src/random.ts';
import { type ClosenessCurve, closenessCurve } from './closeness-curve.ts';
import type { FuzzyGraph } from './fuzzy-graph.ts';

/** What decides the layout of a graph, besides the graph and where its points begin. */
export interface LayoutOptions {
  /** How near points of one place may come, in the unit of the map. */
  readonly minDistance: number;
  readonly seed: number;
}

/** Smaller graphs are cheap, and need more rounds, as in umap-learn. */
export const epochsOf = (nodes: number): number => (nodes <= 10_000 ? 500 : 200);

/** Random points that each point is pushed away from, for one that it is drawn to. */
const negatives = 5;

/**
 * Draws a graph so that the ends of strong edges lie near each other, by stochastic gradient
 * descent on the cross entropy of the two fuzzy sets (McInnes, Healy and Melville 2018, "UMAP:
 * Uniform Manifold Approximation and Projection", algorithms 4 and 5). It yields the number of
 * epochs that are done.
 *
 * @param points Where the points begin, and where they end: `[nodes, 2]`. It changes them.
 */
export function* layOut(
  graph: FuzzyGraph,
  points: Float64Array,
  { minDistance, seed }: LayoutOptions,
): Generator<number> {
  const epochs = epochsOf(graph.nodes);
  const forces = new Forces(points, closenessCurve(minDistance));
  const random = new Random('umap', seed);
  const { heads, tails, periods } = sampledEdges(graph, epochs);
  const next = periods.slice();
  const nextNegative = periods.map((period) => period / negatives);
  for (let epoch = 0; epoch < epochs; epoch++) {
    forces.rate = 1 - epoch / epochs;
    for (let edge = 0; edge < periods.length; edge++) {
      if (next[edge]! > epoch) continue;
      const head = 2 * heads[edge]!;
      forces.attract(head, 2 * tails[edge]!);
      next[edge]! += periods[edge]!;
      const period = periods[edge]! / negatives;
      const pushes = Math.floor((epoch - nextNegative[edge]!) / period);
      for (let push = 0; push < pushes; push++) forces.repel(head, 2 * random.integer(graph.nodes));
      nextNegative[edge]! += pushes * period;
    }
    yield epoch + 1;
  }
}

/**
 * The edges that are strong enough to be used once, with the number of epochs from one use to the
 * next: 1 for the strongest.
 */
function sampledEdges({ heads, tails, weights }: FuzzyGraph, epochs: number) {
  const strongest = weights.reduce((most, weight) => Math.max(most, weight), 0);
  const isUsed = (_: number, edge: number) => weights[edge]! >= strongest / epochs;
  return {
    heads: heads.filter(isUsed),
    tails: tails.filter(isUsed),
    periods: weights.filter(isUsed).map((weight) => strongest / weight),
  };
}

/** The longest step along an axis, before the rate. */
const longest = 4;

/** Keeps a repelling force finite where two points meet. */
const softening = 1e-3;

/** Moves points by the gradients of the two terms of the cross entropy. */
class Forces {
  /** The share of a gradient that a point moves, from 1 to 0. */
  rate = 1;
  readonly #points: Float64Array;
  readonly #a: number;
  readonly #b: number;

  constructor(points: Float64Array, { a, b }: ClosenessCurve) {
    this.#points = points;
    this.#a = a;
    this.#b = b;
  }

  /** Moves both ends of an edge towards each other. Points are given by where x stands. */
  attract(head: number, tail: number): void {
    const points = this.#points;
    const x = points[head]! - points[tail]!;
    const y = points[head + 1]! - points[tail + 1]!;
    const squared = x * x + y * y;
    if (squared === 0) return;
    const power = squared ** this.#b;
    const force = (-2 * this.#a * this.#b * power) / (squared * (1 + this.#a * power));
    const moveX = this.rate * clip(force * x);
    const moveY = this.rate * clip(force * y);
    points[head]! += moveX;
    points[head + 1]! += moveY;
    points[tail]! -= moveX;
    points[tail + 1]! -= moveY;
  }

  /** Moves the head away from another point, which stays. */
  repel(head: number, other: number): void {
    if (head === other) return;
    const points = this.#points;
    const x = points[head]! - points[other]!;
    const y = points[head + 1]! - points[other + 1]!;
    const squared = x * x + y * y;
    const force = (2 * this.#b) / ((softening + squared) * (1 + this.#a * squared ** this.#b));
    // Points of one place have no direction: both axes get the longest step, as in umap-learn.
    points[head]! += this.rate * (squared === 0 ? longest : clip(force * x));
    points[head + 1]! += this.rate * (squared === 0 ? longest : clip(force * y));
  }
}

const clip = (value: number): number => Math.max(-longest, Math.min(longest, value));
