/** How often each item of a metric counts: finite, at least 0, by default 1. */
export interface Weighted {
  readonly weights?: ArrayLike<number> | undefined;
}

/** Throws a `RangeError` unless there is one of `values`, named `what` in the message, and one weight, for each of `labels`. */
export function requireOneEach(
  labels: ArrayLike<number>,
  values: ArrayLike<number>,
  what: string,
  { weights }: Weighted = {},
): void {
  if (values.length !== labels.length) {
    throw new RangeError(`Expected one ${what} for each of ${labels.length} labels, got ${values.length}`);
  }
  if (weights === undefined) return;
  if (weights.length !== labels.length) {
    throw new RangeError(`Expected one weight for each of ${labels.length} labels, got ${weights.length}`);
  }
  if (weights instanceof Uint8Array) return;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i]!;
    if (!(weight >= 0 && weight < Infinity)) {
      throw new RangeError(`Expected a finite weight of at least 0, got ${weight} at index ${i}`);
    }
  }
}

/** The mean of `value(i)` over `size` items; NaN where their weights sum to 0. */
export function weightedMean(size: number, value: (index: number) => number, { weights }: Weighted = {}): number {
  let [sum, total] = [0, 0];
  for (let i = 0; i < size; i++) {
    const weight = weights?.[i] ?? 1;
    // An item without weight does not count, even if its value is NaN.
    if (weight > 0) sum += weight * value(i);
    total += weight;
  }
  return sum / total;
}
