import { studentT } from './student-t.ts';

/** A mean of repeated measurements, and the interval around it that holds the true one with a given confidence. */
export interface MeanInterval {
  readonly mean: number;
  /** Both NaN for a single value, which says nothing of its spread. */
  readonly low: number;
  readonly high: number;
}

/**
 * The mean of independent measurements, such as one for each seed, with Student's t interval: mean ± t s / √n, s being
 * the sample deviation (Student 1908). It takes them as normally distributed, and with few it is wide: with three, t is
 * 4.3. It is not cut to the range of the measure, so that of accuracies may pass 1. NaN for no values.
 *
 * Example: 1 2 3 at 0.95 give mean 2, low -0.484, high 4.484.
 *
 * @param level The confidence, above 0 and below 1.
 */
export function tInterval(values: readonly number[], level: number): MeanInterval {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count < 2) return { mean, low: Number.NaN, high: Number.NaN };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const half = studentT(level, count - 1) * Math.sqrt(squares / (count - 1) / count);
  return { mean, low: mean - half, high: mean + half };
}
