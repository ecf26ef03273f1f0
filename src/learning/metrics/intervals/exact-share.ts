import type { IntervalEnds } from './interval.ts';

/**
 * The exact interval of a share of few independent trials at a confidence above 0 and below 1: the
 * shares under which neither so many successes nor so few are rarer than half of what is left
 * (Clopper and Pearson 1934, "The use of confidence or fiducial limits illustrated in the case of
 * the binomial"). It never covers less than the confidence, and is wider than Wilson's.
 *
 * Example: 12 of 12 at 0.95 give 0.7354 to 1, and 1 of 6 gives 0.0042 to 0.6412.
 */
export function exactShare(successes: number, trials: number, confidence: number): IntervalEnds {
  const tail = (1 - confidence) / 2;
  const low = successes === 0 ? 0 : solve((share) => atLeast(successes, trials, share) - tail);
  const high =
    successes === trials ? 1 : solve((share) => tail - (1 - atLeast(successes + 1, trials, share)));
  return { low, high };
}

/** The probability of at least `successes` among `trials`. */
function atLeast(successes: number, trials: number, share: number): number {
  let sum = 0;
  let logBinomial = 0;
  for (let k = 0; k <= trials; k++) {
    if (k > 0) logBinomial += Math.log((trials - k + 1) / k);
    if (k >= successes)
      sum += Math.exp(logBinomial + k * Math.log(share) + (trials - k) * Math.log1p(-share));
  }
  return sum;
}

/** Where an increasing function crosses 0 between 0 and 1, by halving. */
function solve(f: (share: number) => number): number {
  let low = 0;
  let high = 1;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (f(middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
