import { aucInterval, perfectAreaBound } from '../../src/learning/metrics/intervals/auc-interval.ts';
import { bootstrapIntervals } from '../../src/learning/metrics/intervals/bootstrap.ts';
import { intervalPair } from '../../src/learning/metrics/intervals/interval.ts';
import type { Ranked } from './scored.ts';

/** How intervals are found. */
export interface IntervalOptions {
  readonly confidence: number;
  readonly draws: number;
  readonly seed: number;
}

export type Pair = readonly [low: number, high: number];

/** Numbers as a metrics file has them: null where one is undefined, and in `intervals` under the same name where it may lie. */
export type Measured<Name extends string> = Readonly<Record<Name, number | null>> & {
  /** Null where the images do not say. */
  readonly intervals: Readonly<Partial<Record<Name, Pair | null>>>;
};

/** Statistics that take the weight of each image, all at once. */
export type Statistics<Name extends string> = (weights: Float64Array) => Readonly<Record<Name, number>>;

/** Statistics of some images, each with its interval by drawing them, or their groups, anew. */
export function measure<Name extends string>(
  { labels, groups }: Pick<Ranked, 'labels' | 'groups'>,
  statistics: Statistics<Name>,
  { confidence, draws, seed }: IntervalOptions,
): Measured<Name> {
  const found = bootstrapIntervals({ labels, groups, draws, seed }, statistics, confidence, biased as Name[]);
  const names = Object.keys(found) as Name[];
  const numbers = names.map((name) => [name, finite(found[name].estimate)] as const);
  const intervals = names.map((name) => {
    const { estimate } = found[name];
    // No draw differs from the images where none, or every one, is counted; then a bound says how far off it may be.
    const isWhole = shares.includes(name) && (estimate === 0 || estimate === 1);
    return [name, isWhole ? wholeShare(estimate, unitsOf(groups), confidence) : intervalPair(found[name])] as const;
  });
  return { ...Object.fromEntries(numbers), intervals: Object.fromEntries(intervals) } as unknown as Measured<Name>;
}

/** What chance makes larger. */
const biased: readonly string[] = ['calibrationError'];

/** Shares of all images. */
const shares: readonly string[] = ['accuracy', 'calledRight'];

/** The one-sided bound of Clopper and Pearson 1934 for none or all of independent units; as {@link perfectAreaBound}. */
function wholeShare(estimate: number, units: number, confidence: number): Pair {
  const bound = perfectAreaBound(units, confidence);
  return estimate === 1 ? [bound, 1] : [0, 1 - bound];
}

/** Groups, and images without one. */
function unitsOf(groups: readonly (string | undefined)[]): number {
  const named = groups.filter((group) => group !== undefined);
  return new Set(named).size + groups.length - named.length;
}

/** The area under the ROC curve with its interval, as DeLong has it for independent images. */
export function measureAuc(
  { labels, groups, differences }: Omit<Ranked, 'predictions'>,
  { confidence, draws, seed }: IntervalOptions,
): Measured<'auc'> {
  const found = aucInterval({ labels, groups, draws, seed }, differences, confidence);
  return { auc: finite(found.estimate), intervals: { auc: intervalPair(found) } };
}

/** JSON knows no NaN. */
export function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
