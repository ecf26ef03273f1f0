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
