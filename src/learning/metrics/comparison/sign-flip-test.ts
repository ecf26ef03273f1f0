import { type Exchanges, exchangeTest } from './exchange-test.ts';

interface SignFlips extends Exchanges {
  /** The group of each difference, such as a video; undefined where it is alone. */
  readonly groups?: readonly (string | undefined)[] | undefined;
}

/**
 * The two-sided p-value of paired differences for a mean of 0, by random signs (Fisher 1935, "The
 * design of experiments", section 21): how often a sum is as far from 0 as the observed one. It is
 * valid for any number of differences, where a bootstrap of a few would claim too much: for four it
 * is at least 1/8. It assumes that differences are spread symmetrically. Differences of 0 change
 * nothing; if all are, the result is 1.
 *
 * Example: 1, 2, 3 give 0.25, since two of the eight assignments are as far from 0, all plus and
 * all minus.
 *
 * @param differences NaN is left out; with none left, the result is NaN.
 * @param options Differences of a group, such as a video, keep a common sign; undefined is a group
 * of its own. All assignments of signs
 *   are examined where there are at most `draws`, otherwise that many random ones.
 */
export function signFlipTest(
  differences: readonly number[],
  { groups, ...exchanges }: SignFlips,
): number {
  const sums = new Map<string | number, number>();
  for (const [i, difference] of differences.entries()) {
    if (Number.isNaN(difference)) continue;
    const unit = groups?.[i] ?? i;
    sums.set(unit, (sums.get(unit) ?? 0) + difference);
  }
  if (sums.size === 0) return Number.NaN;
  const units = [...sums.values()].filter((unit) => unit !== 0);
  if (units.length === 0) return 1;
  const observed = Math.abs(units.reduce((sum, unit) => sum + unit, 0));
  // Sums that differ only by the rounding of their order count as equal.
  const least = observed - 1e-12 * units.reduce((sum, unit) => sum + Math.abs(unit), 0);
  const isAsFar = (isMinus: Uint8Array) =>
    Math.abs(units.reduce((sum, unit, i) => sum + (isMinus[i] === 1 ? -unit : unit), 0)) >= least;
  return exchangeTest(units.length, isAsFar, exchanges);
}
