import { Random } from '../../../random.ts';

export interface SignFlipOptions {
  /** Of each difference, what it came with, such as a video: these keep a common sign. Undefined where it is alone. */
  readonly groups?: readonly (string | undefined)[];
  /** Most ways to give signs that are looked at: all where there are no more, else so many by chance. */
  readonly draws: number;
  readonly seed: number;
}

/**
 * The p-value of paired differences having a mean of 0, two-sided, by giving them signs (Fisher 1935, "The design of experiments",
 * section 21): how often a sum is as far from 0 as the one that was found. It holds however few there are, where draws of the same
 * few items would say too much: of four it is at least 1/8. It takes their spread to be alike to both sides.
 *
 * Example: 1, 2, 3 give 0.25, since of the eight ways two, all plus and all minus, are as far from 0.
 *
 * @param differences NaN is left out; with none left, the result is NaN.
 */
export function signFlipTest(differences: readonly number[], { groups, draws, seed }: SignFlipOptions): number {
  const units = unitSums(differences, groups);
  if (units.length === 0) return Number.NaN;
  const found = Math.abs(units.reduce((sum, unit) => sum + unit, 0));
  // What is equal but for the order of the sum counts as equal.
  const least = found - 1e-12 * units.reduce((sum, unit) => sum + Math.abs(unit), 0);
  const isAsFar = (isMinus: (unit: number) => boolean) =>
    Math.abs(units.reduce((sum, unit, i) => sum + (isMinus(i) ? -unit : unit), 0)) >= least;
  if (2 ** units.length <= draws) {
    const ways = Array.from({ length: 2 ** units.length }, (_, way) => isAsFar((i) => ((way >> i) & 1) === 1));
    return ways.filter(Boolean).length / ways.length;
  }
  const random = new Random('signs', seed);
  let asFar = 1; // the one that was found
  for (let draw = 0; draw < draws; draw++) if (isAsFar(() => random.float() < 0.5)) asFar++;
  return asFar / (1 + draws);
}

function unitSums(differences: readonly number[], groups: SignFlipOptions['groups']): readonly number[] {
  const sums = new Map<string | number, number>();
  for (const [i, difference] of differences.entries()) {
    if (Number.isNaN(difference)) continue;
    const unit = groups?.[i] ?? i;
    sums.set(unit, (sums.get(unit) ?? 0) + difference);
  }
  return [...sums.values()];
}
