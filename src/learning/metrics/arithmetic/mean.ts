/** The mean of numbers of equal weight; NaN for none. */
export function mean(values: readonly number[] | Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** The unbiased sample variance, with n - 1; NaN for fewer than two values. */
export function sampleVariance(values: readonly number[]): number {
  const middle = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return values.length < 2 ? Number.NaN : squares / (values.length - 1);
}
