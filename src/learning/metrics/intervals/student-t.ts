import { mean, sampleVariance } from '../arithmetic/mean.ts';
import { normalQuantile } from './normal-distribution.ts';

/**
 * The number of standard errors around the mean that hold Student's t with a given probability:
 * P(|T| <= t) = `level`, above 0 and below 1, for `freedom` degrees of freedom, at least 1. The
 * distribution is summed in closed form (Abramowitz and Stegun, "Handbook of Mathematical
 * Functions", 26.7.3 for odd and 26.7.4 for even degrees) and inverted by bisection, to about
 * twelve digits. That takes time in proportion to the degrees, so many have an expansion from the
 * normal quantile.
 *
 * Example: level 0.95 and 2 degrees of freedom give 4.3027.
 */
export function studentT(level: number, freedom: number): number {
  if (freedom > manyDegrees) return expandedT(normalQuantile((1 + level) / 2), freedom);
  let low = 0;
  let high = Math.PI / 2;
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return Math.sqrt(freedom) * Math.tan(middle);
    if (centralChance(middle, freedom) < level) low = middle;
    else high = middle;
  }
}

/** From here on the terms that the expansion leaves out are below 1e-11. */
const manyDegrees = 1000;

/** The quantile of Student's t at which the normal one is `z` (Abramowitz and Stegun, 26.7.5). */
function expandedT(z: number, freedom: number): number {
  const terms = [
    z,
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
    (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92160,
  ];
  return terms.reduce((sum, term, power) => sum + term / freedom ** power, 0);
}

/**
 * The probability that Student's t is at least as far from 0 as `t`: a two-sided p-value, to about
 * twelve decimals.
 */
export const twoSidedT = (t: number, freedom: number): number =>
  Math.max(0, 1 - centralChance(Math.atan(Math.abs(t) / Math.sqrt(freedom)), freedom));

/** P(|T| <= t), by the angle whose tangent is t over the root of the degrees of freedom. */
function centralChance(angle: number, freedom: number): number {
  const isOdd = freedom % 2 === 1;
  const sine = Math.sin(angle);
  const cosine = Math.cos(angle);
  let term = isOdd ? cosine : 1;
  let sum = freedom === 1 ? 0 : term;
  // Each term is the one before by cos² and a fraction: 2/3, 4/5, … for odd degrees, 1/2, 3/4, …
  // for even ones.
  for (let power = isOdd ? 3 : 2; power <= freedom - 2; power += 2) {
    term *= (cosine * cosine * (power - 1)) / power;
    sum += term;
  }
  return isOdd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
}

/**
 * A mean of repeated measurements with its confidence interval; its ends are NaN for a single
 * value.
 */
export type MeanInterval = Readonly<Record<'mean' | 'low' | 'high', number>>;

/**
 * The mean of independent measurements, such as one for each seed, with Student's t interval: mean
 * ± t s / √n, where s is the sample deviation (Student 1908) and `level`, above 0 and below 1, the
 * confidence. It assumes a normal distribution and is wide for few values: t is 4.3 for three. It
 * is not cut to the range of the measure: that of an accuracy may pass 1. NaN for no values.
 *
 * Example: 1 2 3 at 0.95 give mean 2, low -0.484, high 4.484.
 */
export function tInterval(values: readonly number[], level: number): MeanInterval {
  const count = values.length;
  const middle = mean(values);
  if (count < 2) return { mean: middle, low: Number.NaN, high: Number.NaN };
  const half = studentT(level, count - 1) * Math.sqrt(sampleVariance(values) / count);
  return { mean: middle, low: middle - half, high: middle + half };
}
