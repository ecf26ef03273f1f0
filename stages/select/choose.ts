import { betterFirst, type Criterion } from './criteria.ts';

/** The numbers of a candidate by name; null or absent where undefined. */
export type Values = Readonly<Record<string, number | null | undefined>>;

/** By what candidates are ranked. */
export interface Ranking {
  readonly by: Criterion;
  /** What decides between candidates of the same value, the first one first. */
  readonly ties: readonly Criterion[];
}

/** The chosen candidate, by its index, and why. */
export interface Choice {
  readonly best: number;
  /** All with the best value, the chosen one among them. */
  readonly tied: readonly number[];
  /** The criterion that decided a tie, or `order`; absent without a tie. */
  readonly decidedBy?: string;
  /** All with a value, the best first. */
  readonly ranking: readonly number[];
}

/**
 * The index of the best candidate by one number. Ties go to the better one by each of `ties` in
 * turn, then to the first. Undefined when no candidate has a value.
 *
 * Example: accuracies 0.7, 0.8, 0.8 with losses 0.6, 0.5, 0.4 choose the third, tied with the
 * second.
 */
export function choose(candidates: readonly Values[], { by, ties }: Ranking): Choice | undefined {
  const numberOf = (index: number, { name }: Criterion) => candidates[index]![name] ?? Number.NaN;
  const compare = (criterion: Criterion) => (i: number, j: number) => {
    const a = numberOf(i, criterion);
    const b = numberOf(j, criterion);
    if (Number.isNaN(a) || Number.isNaN(b))
      return Number(Number.isNaN(a)) - Number(Number.isNaN(b)); // a missing value comes last
    return betterFirst(criterion, a, b);
  };
  const comparisons = [by, ...ties].map(compare);
  const valued = [...candidates.keys()].filter((index) => !Number.isNaN(numberOf(index, by)));
  const ranking = valued.toSorted(
    (i, j) => comparisons.reduce((decided, comparison) => decided || comparison(i, j), 0) || i - j,
  );
  const [best] = ranking;
  if (best === undefined) return undefined;
  const tied = valued.filter((index) => comparisons[0]!(index, best) === 0);
  if (tied.length === 1) return { best, tied, ranking };
  let leaders = tied;
  for (const [at, { name }] of ties.entries()) {
    leaders = leaders.filter((index) => comparisons[at + 1]!(index, best) === 0);
    if (leaders.length === 1) return { best, tied, decidedBy: name, ranking };
  }
  return { best, tied, decidedBy: 'order', ranking };
}

/**
 * Which candidates no other one dominates: none is at least as good by all criteria and better by
 * one. Candidates without a value of each are not among them.
 *
 * Example: AUCs 0.9, 0.95 and 0.8 with 10, 1,000 and 100 parameters: the first two.
 */
export function paretoFront(
  candidates: readonly Values[],
  criteria: readonly Criterion[],
): readonly boolean[] {
  const points = candidates.map((values) => criteria.map(({ name }) => values[name] ?? Number.NaN));
  const isWhole = (point: readonly number[]) => !point.some(Number.isNaN);
  const dominates = (a: readonly number[], b: readonly number[]) => {
    const gains = criteria.map((criterion, at) => betterFirst(criterion, a[at]!, b[at]!));
    return gains.every((gain) => gain <= 0) && gains.some((gain) => gain < 0);
  };
  return points.map(
    (point) => isWhole(point) && !points.some((rival) => isWhole(rival) && dominates(rival, point)),
  );
}
