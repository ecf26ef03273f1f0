/**
 * The cumulative standard normal distribution: the probability of a draw of at most `z`, 0 to 1, to
 * about 15 digits in both tails; near 0 by a series with positive terms (Marsaglia 2004,
 * "Evaluating the normal distribution", equation 3), in the tails by a continued fraction
 * (Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.2.14). Example: 0 gives 0.5,
 * 1.96 gives 0.9750.
 */
export function normalCdf(z: number): number {
  if (z > 0) return 1 - normalCdf(-z);
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z > -2) {
    let term = z;
    let sum = z;
    for (let k = 3; Math.abs(term) > 1e-17 * Math.abs(sum); k += 2) {
      term *= (z * z) / k;
      sum += term;
    }
    return 0.5 + density * sum;
  }
  let fraction = 0;
  for (let k = 150; k > 0; k--) fraction = k / (-z + fraction);
  return density / (-z + fraction);
}

/**
 * The quantile of the standard normal distribution (probit), the inverse of {@link normalCdf}, to
 * about 14 digits. -∞ at 0, ∞ at 1, NaN outside. A rational approximation (Abramowitz and Stegun,
 * 26.2.23), improved by Halley's method.
 *
 * Example: 0.975 gives 1.959964.
 */
export function normalQuantile(chance: number): number {
  if (!(chance >= 0 && chance <= 1)) return Number.NaN;
  if (chance > 0.5) return -normalQuantile(1 - chance);
  if (chance === 0) return -Infinity;
  const t = Math.sqrt(-2 * Math.log(chance));
  let z =
    (2.515517 + t * (0.802853 + t * 0.010328)) /
      (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) -
    t;
  for (let step = 0; step < 3; step++) {
    const error = (normalCdf(z) - chance) * Math.sqrt(2 * Math.PI) * Math.exp((z * z) / 2);
    z -= error / (1 + (z * error) / 2);
  }
  return z;
}

/**
 * The probability that a standard normal draw is at least as far from 0 as `z`: a two-sided
 * p-value.
 */
export const twoSidedChance = (z: number): number => 2 * normalCdf(-Math.abs(z));
