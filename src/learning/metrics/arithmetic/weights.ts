/** How often each item of a metric counts: finite, at least 0, by default 1. */
export interface Weighted {
  readonly weights?: ArrayLike<number> | undefined;
}

/** A number of some items, for one weighting of them after another. */
export type WeightedStatistic = (weights: ArrayLike<number>) => number;

/**
 * Throws a `RangeError` unless there is one of `values`, named `what` in the message, for each of
 * `labels`.
 */
export function requireOneEach(
  labels: ArrayLike<number>,
  values: ArrayLike<number>,
  what: string,
): void {
  if (values.length === labels.length) return;
  throw new RangeError(
    `Expected one ${what} for each of ${labels.length} labels, got ${values.length}`,
  );
}

/** The mean of `value(i)` over `size` items; NaN where their weights sum to 0. */
export function weightedMean(
  size: number,
  value: (index: number) => number,
  { weights }: Weighted = {},
): number {
  let sum = 0;
  let total = 0;
  for (let i = 0; i < size; i++) {
    const weight = weights?.[i] ?? 1;
    // An item without weight does not count, even if its value is NaN.
    if (weight > 0) sum += weight * value(i);
    total += weight;
  }
  return sum / total;
}

/**
 * The mean of finite values under the weights of a draw; NaN where these sum to 0. Not a closure,
 * since V8 would compile each one separately.
 */
export function meanUnder(weights: ArrayLike<number>, values: Float64Array): number {
  let sum = 0;
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    const weight = weights[i]!;
    sum += weight * values[i]!;
    total += weight;
  }
  return sum / total;
}

/**
 * {@link meanUnder} of several columns of values: four sums at a time, which do not wait for each
 * other, so that four columns take hardly longer than one.
 */
export function meansUnder(
  columns: readonly Float64Array[],
): (weights: ArrayLike<number>) => Float64Array {
  const together = 4;
  const sums = new Float64Array(Math.ceil(columns.length / together) * together);
  return (weights) => {
    let total = 0;
    for (let first = 0; first < columns.length; first += together) {
      const [a, b = a, c = a, d = a] = columns.slice(first, first + together);
      total = addFour(weights, [a!, b!, c!, d!], sums.subarray(first));
    }
    return sums.subarray(0, columns.length).map((sum) => sum / total);
  };
}

/** Sets `sums` to those of four columns, and returns the sum of the weights. */
function addFour(
  weights: ArrayLike<number>,
  [a, b, c, d]: readonly [Float64Array, Float64Array, Float64Array, Float64Array],
  sums: Float64Array,
): number {
  let total = 0;
  let sumOfA = 0;
  let sumOfB = 0;
  let sumOfC = 0;
  let sumOfD = 0;
  for (let i = 0; i < a.length; i++) {
    const weight = weights[i]!;
    sumOfA += weight * a[i]!;
    sumOfB += weight * b[i]!;
    sumOfC += weight * c[i]!;
    sumOfD += weight * d[i]!;
    total += weight;
  }
  sums.set([sumOfA, sumOfB, sumOfC, sumOfD]);
  return total;
}
