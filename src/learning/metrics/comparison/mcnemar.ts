import { twoSidedChance } from '../intervals/normal-distribution.ts';

/**
 * From this many differing answers on, the chi-square distribution is close enough (Fleiss 1981,
 * "Statistical methods for rates and proportions", section 8.1).
 */
const many = 25;

/**
 * McNemar's test of two models' accuracy on the same images (McNemar 1947, "Note on the sampling
 * error of the difference between correlated proportions or percentages"), from the numbers of
 * images that only the first or only the second has right. By chance each is right on half of them:
 * the two-sided test is exact by the binomial distribution below 25; otherwise it uses the
 * chi-square distribution with Edwards' correction, (|b - c| - 1)² / (b + c) (Edwards 1948, "Note
 * on the correction for continuity in testing the significance of the difference between correlated
 * proportions"). It assumes independent images.
 *
 * Example: 3 images that only the first has right and 9 that only the second has right give p =
 * 0.146, exactly.
 */
export function mcnemar(onlyOne: number, onlyOther: number) {
  const differing = onlyOne + onlyOther;
  const isExact = differing < many;
  // Its square is distributed as chi-square with one degree of freedom.
  const root = Math.max(0, Math.abs(onlyOne - onlyOther) - 1) / Math.sqrt(differing);
  const p = isExact ? exactP(Math.min(onlyOne, onlyOther), differing) : twoSidedChance(root);
  return { onlyOne, onlyOther, p, method: isExact ? ('exact' as const) : ('chi-square' as const) };
}

/** Twice the probability of at most `fewer` heads in `tosses`. */
function exactP(fewer: number, tosses: number): number {
  let term = 0.5 ** tosses;
  let sum = term;
  for (let k = 1; k <= fewer; k++) {
    term *= (tosses - k + 1) / k;
    sum += term;
  }
  return Math.min(1, 2 * sum);
}
