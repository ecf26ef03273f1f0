/** A smooth convex function: writes the gradient at a point, and returns the value there. */
export type Objective = (at: Float64Array, gradient: Float64Array) => number;

/** Steps whose changes of the gradient approximate the curvature. */
const memory = 10;
/** The share of the decrease promised by the slope that a step must bring (Armijo 1966). */
const leastDecrease = 1e-4;
const mostHalvings = 40;

/** The point where a minimisation ended. */
export interface Minimum extends Convergence {
  readonly at: Float64Array;
}

/** How a minimisation ended. */
export interface Convergence {
  readonly iterations: number;
  /** Whether every entry of the gradient is below the tolerance. */
  readonly isConverged: boolean;
}

/**
 * Minimises a function from a point on, by L-BFGS (Liu and Nocedal 1989, "On the limited memory
 * BFGS method for large scale optimization", algorithm 2.1) with backtracking. It uses no
 * randomness and one thread, so equal inputs give equal bytes.
 */
export function minimise(
  objective: Objective,
  start: Float64Array,
  { tolerance, mostIterations }: { readonly tolerance: number; readonly mostIterations: number },
): Minimum {
  let at = start.slice();
  let gradient = new Float64Array(at.length);
  let value = objective(at, gradient);
  const pairs: Pair[] = [];
  for (let iterations = 0; ; iterations++) {
    const isConverged = gradient.every((entry) => Math.abs(entry) <= tolerance);
    if (isConverged || iterations === mostIterations) return { at, iterations, isConverged };
    const direction = directionOf(gradient, pairs);
    const slope = dot(direction, gradient);
    const next = new Float64Array(at.length);
    const nextGradient = new Float64Array(at.length);
    // The first step has no curvature to go by.
    let step = pairs.length === 0 ? 1 / Math.max(1, norm(gradient)) : 1;
    let nextValue = Number.POSITIVE_INFINITY;
    let halvings = 0;
    for (; halvings < mostHalvings; halvings++) {
      for (let i = 0; i < at.length; i++) next[i] = at[i]! + step * direction[i]!;
      nextValue = objective(next, nextGradient);
      if (nextValue <= value + leastDecrease * step * slope) break;
      step /= 2;
    }
    // Rounding hides any further decrease.
    if (halvings === mostHalvings) return { at, iterations, isConverged };
    remember(pairs, at, next, gradient, nextGradient);
    at = next;
    gradient = nextGradient;
    value = nextValue;
  }
}

/** A step, the change of the gradient over it, and 1 over their product. */
interface Pair {
  readonly step: Float64Array;
  readonly change: Float64Array;
  readonly inverse: number;
}

function remember(
  pairs: Pair[],
  at: Float64Array,
  next: Float64Array,
  gradient: Float64Array,
  nextGradient: Float64Array,
): void {
  const step = next.map((value, i) => value - at[i]!);
  const change = nextGradient.map((value, i) => value - gradient[i]!);
  const product = dot(step, change);
  // Without curvature along the step, the approximation would not stay positive.
  if (product <= 1e-16 * norm(step) * norm(change)) return;
  pairs.push({ step, change, inverse: 1 / product });
  if (pairs.length > memory) pairs.shift();
}

/** Minus the gradient times the approximate inverse of the Hessian: the two loops. */
function directionOf(gradient: Float64Array, pairs: readonly Pair[]): Float64Array {
  const direction = gradient.map((entry) => -entry);
  const factors: number[] = [];
  for (const { step, change, inverse } of pairs.toReversed()) {
    const factor = inverse * dot(step, direction);
    factors.unshift(factor);
    addTo(direction, change, -factor);
  }
  const last = pairs.at(-1);
  if (last !== undefined) {
    const scale = 1 / (last.inverse * dot(last.change, last.change));
    for (let i = 0; i < direction.length; i++) direction[i]! *= scale;
  }
  for (const [k, { step, change, inverse }] of pairs.entries())
    addTo(direction, step, factors[k]! - inverse * dot(change, direction));
  return direction;
}

function addTo(sum: Float64Array, values: Float64Array, factor: number): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += factor * values[i]!;
}

function dot(first: Float64Array, second: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < first.length; i++) sum += first[i]! * second[i]!;
  return sum;
}

const norm = (values: Float64Array): number => Math.sqrt(dot(values, values));
