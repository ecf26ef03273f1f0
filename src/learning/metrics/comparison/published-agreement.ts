import { areaModel, oneSidedEnds, perfectAreaBound } from '../intervals/auc-interval.ts';
import type { IntervalEnds } from '../intervals/interval.ts';
import { scoreEnds, shareModel, type VarianceModel } from '../intervals/score-interval.ts';

/** The metrics whose published values can be compared. */
export const comparedMetrics = ['auc', 'equalErrorRate', 'accuracy'] as const;
export type ComparedMetric = (typeof comparedMetrics)[number];

/** A value that somebody published, 0 to 1. */
export interface PublishedValue {
  readonly metric: ComparedMetric;
  readonly value: number;
  /**
   * How many units of each class it was measured on; absent: unknown, so that its own sampling
   * error counts as none.
   */
  readonly counts?: ClassCounts;
}

/** Independent units, such as videos, of each class. */
export interface ClassCounts {
  readonly negatives: number;
  readonly positives: number;
}

/** `cannot say` is the verdict unless the data exclude everything else. */
export type AgreementVerdict = 'agrees' | 'differs' | 'cannot say';

/** A value of one's own beside a published one. */
export interface Agreement extends IntervalEnds {
  /** One's own minus the published one; its ends are those of 95 %. */
  readonly difference: number;
  readonly verdict: AgreementVerdict;
}

/**
 * Compares a value of one's own with a published one, of other images. The difference has the
 * interval of two independent values (Zou and Donner 2008, "Construction of confidence limits about
 * effect measures: a general approach", equation 5), which is uneven where theirs are.
 *
 * - `agrees`: its 90 % interval lies within the margin. That is two one-sided tests, each at 5 %
 *   (Schuirmann 1987, "A comparison of the two one-sided tests procedure and the power approach").
 * - `differs`: its 95 % interval lies outside the margin.
 * - `cannot say`: anything else, also where an interval is undefined.
 *
 * @param value One's own, 0 to 1. @param endsAt The interval of one's own value at a level.
 * @param margin The largest difference that does not matter, above 0.
 */
export function agreement(
  value: number,
  endsAt: (level: number) => IntervalEnds,
  published: PublishedValue,
  margin: number,
): Agreement {
  const difference = value - published.value;
  const differenceAt = (level: number): IntervalEnds => {
    const own = endsAt(level);
    const theirs = publishedEnds(published, level);
    return {
      low: difference - Math.hypot(value - own.low, theirs.high - published.value),
      high: difference + Math.hypot(own.high - value, published.value - theirs.low),
    };
  };
  const narrow = differenceAt(0.9);
  const wide = differenceAt(0.95);
  return { difference, ...wide, verdict: verdictOf(narrow, wide, margin) };
}

function verdictOf(narrow: IntervalEnds, wide: IntervalEnds, margin: number): AgreementVerdict {
  if (narrow.low > -margin && narrow.high < margin) return 'agrees';
  if (wide.low > margin || wide.high < -margin) return 'differs';
  return 'cannot say';
}

/**
 * The interval of a published value by a model of its variance, since its scores are not known: for
 * areas that of exponential scores, for shares the binomial one. Without counts it is the value
 * itself.
 */
export function publishedEnds(
  { metric, value, counts }: PublishedValue,
  level: number,
): IntervalEnds {
  if (counts === undefined) return { low: value, high: value };
  if (value === 0 || value === 1) {
    const bound = perfectAreaBound(Math.min(counts.negatives, counts.positives), level);
    const [low, high] = oneSidedEnds(value, bound);
    return { low, high };
  }
  const model = models[metric](counts);
  const known = { estimate: value, variance: model.at(value), freedom: Number.MAX_SAFE_INTEGER };
  const [low, high] = scoreEnds(known, model, level);
  return { low, high };
}

const models: Readonly<Record<ComparedMetric, (counts: ClassCounts) => VarianceModel>> = {
  auc: areaModel,
  accuracy: ({ negatives, positives }) => shareModel(negatives + positives),
  // Near its threshold each kind of error decides half, as in `equalErrorModel`.
  equalErrorRate: ({ negatives, positives }) => ({
    at: (rate) => (rate * (1 - rate) * (1 / negatives + 1 / positives)) / 4,
    rarer: Math.min(negatives, positives),
  }),
};
