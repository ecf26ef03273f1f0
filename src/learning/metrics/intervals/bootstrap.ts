import { mean } from '../arithmetic/mean.ts';
import { Draws, unitsByClass, unitsOf } from './bootstrap-draws.ts';
import type { Interval } from './interval.ts';
import { normalCdf } from './normal-distribution.ts';
import { scoreEnds, type VarianceModel } from './score-interval.ts';
import { studentT } from './student-t.ts';

/** How a bootstrap resamples images. */
export interface Resampling {
  /**
   * The group of each image, such as its video; undefined where it is alone. Frames of one video
   * are alike, so whole groups are drawn (Field and Welsh 2007, "Bootstrapping clustered data").
   */
  readonly groups?: readonly (string | undefined)[] | undefined;
  /** Number of draws; 2000 when absent. */
  readonly draws?: number | undefined;
  readonly seed: number;
}

/**
 * The images of a bootstrap (Efron and Tibshirani 1993, "An introduction to the bootstrap",
 * chapters 6 and 8). Each draw resamples the tested images with replacement, whatever their class;
 * the spread of a statistic over the draws estimates its spread over other test sets, whose shares
 * of the classes differ too. It serves any statistic that takes weights: the weight of an image is
 * how often it was drawn.
 *
 *     bootstrapInterval({ labels, seed: 1 }, (weights) => meanUnder(weights, losses), 0.95);
 *
 * For statistics of a ranking, sort once and count each draw: {@link countDraws} in
 * threshold-counts.ts.
 */
export interface BootstrapSample extends Resampling {
  /** The class of each image, counted from 0. */
  readonly labels: ArrayLike<number>;
}

export const defaultDraws = 2000;

/** A statistic of the images under weights. The array of weights is reused for the next draw. */
export type Statistic<Value = number> = (weights: Uint8Array) => Value;

/** A statistic on the images themselves, each counted once. */
export const onAllImages = <Value>(
  { labels }: BootstrapSample,
  statistic: Statistic<Value>,
): Value => statistic(new Uint8Array(labels.length).fill(1));

/**
 * A statistic on the images themselves and on every draw; without draws where these do not show the
 * spread.
 */
export interface Resampled<Value> {
  readonly estimate: Value;
  readonly draws: readonly Value[];
  readonly method: 'bootstrap' | 'group-bootstrap';
  /** The number of units, images or groups: in all, and of each class that has any. */
  readonly units: { readonly all: number; readonly byClass: ReadonlyMap<number, number> };
}

/** A result of a resampled statistic, on the images and on every draw. */
export const resultOf = <Value, Result>(
  { estimate, draws, ...of }: Resampled<Value>,
  result: (value: Value) => Result,
): Resampled<Result> => ({ ...of, estimate: result(estimate), draws: draws.map(result) });

/** Evaluates a statistic on the images themselves and on every draw. */
export const resample = <Value>(
  sample: BootstrapSample,
  statistic: Statistic<Value>,
): Resampled<Value> => ({
  estimate: onAllImages(sample, statistic),
  draws: Array.from(informativeDraws(sample), statistic),
  method: drawsGroups(sample.groups) ? 'group-bootstrap' : 'bootstrap',
  units: {
    all: unitsOf(sample.labels.length, sample.groups).count,
    byClass: unitsByClass(sample.labels, sample.groups),
  },
});

/** An interval is undefined where more than this share of draws leave the statistic undefined. */
const mostUndefined = 0.1;

/** How a statistic varies over test sets, which decides the form of its interval. */
export interface Form {
  /** The ends between which it lies; by default it has none. */
  readonly range?: readonly [low: number, high: number];
  /**
   * Whether every image counts alike, as in an accuracy; by default every class does, as in a
   * balanced one, so that rare classes decide.
   */
  readonly perImage?: boolean;
  /**
   * Whether its draws are skewed for another reason than an end of its range: a few images decide a
   * mean loss.
   */
  readonly isSkewed?: boolean;
  /** A model that counts as well where hardly an image is wrong; see {@link scoreEnds}. */
  readonly model?: VarianceModel;
  /** Variance that no draw shows, such as that of a class without a mistake. */
  readonly unseen?: number;
  /**
   * The number of units that decide it, where it is smaller than that of its classes: at a false
   * positive rate, that share of the negatives.
   */
  readonly deciding?: number;
}

/**
 * The interval of a statistic from its deviation over the draws and Student's t; `level` is above 0
 * and below 1. The draws of n units vary by (n - 1) / n of the variance of other test sets, which
 * is made up for; see {@link spreadOf} for n and the degrees of freedom. Percentiles of the draws
 * cover less, the fewer units there are (Hesterberg 2015, "What teachers should know about the
 * bootstrap", section 4).
 *
 * - A statistic within a range has its interval on the scale of the logit, within the range and
 *   longer on the side of its middle (Pepe 2003, "The statistical evaluation of medical tests",
 *   section 5.2). At an end of its range it has the plain
 *   one, cut there, and at least the bound of a share without a mistake (Clopper and Pearson 1934).
 *   With a model of its variance it has the {@link scoreEnds score interval}.
 * - Others have that of a mean with the skewness of the draws (Hall 1992, "On the removal of
 *   skewness by transformation"): of few losses the largest are likely missing, so it reaches
 *   further up.
 *
 * The ends are NaN where the draws do not show the spread: all of them are equal, as for an
 * accuracy of 1; a class has a single unit; or the statistic is NaN in more than a tenth of them.
 * Fewer NaNs are left out.
 *
 * `bench/statistics` shows how often such intervals cover the truth.
 */
export const bootstrapInterval = (
  sample: BootstrapSample,
  statistic: Statistic,
  level: number,
  form: Form = {},
): Interval => intervalOf(resample(sample, statistic), level, form);

/** {@link bootstrapInterval} of a statistic that was resampled. */
export function intervalOf(resampled: Resampled<number>, level: number, form: Form = {}): Interval {
  const { estimate, method } = resampled;
  const draws = definedDraws(resampled.draws);
  const isConstant = draws.every((value) => value === draws[0]);
  if (isConstant || Number.isNaN(estimate))
    return { estimate, low: Number.NaN, high: Number.NaN, method };
  const [low, high] = endsOf(estimate, spreadOf(resampled, form), level, form);
  return { estimate, low, high, method };
}

/** {@link bootstrapInterval} of several statistics on the same draws. */
export const bootstrapIntervals = <Name extends string>(
  sample: BootstrapSample,
  statistics: Statistic<Readonly<Record<Name, number>>>,
  level: number,
  formOf?: (name: NoInfer<Name>) => Form,
): Readonly<Record<Name, Interval>> => intervalsOf(resample(sample, statistics), level, formOf);

/** {@link bootstrapIntervals} of statistics that were resampled. */
export function intervalsOf<Name extends string>(
  resampled: Resampled<Readonly<Record<Name, number>>>,
  level: number,
  formOf: (name: NoInfer<Name>) => Form = () => ({}),
): Readonly<Record<Name, Interval>> {
  const entries = (Object.keys(resampled.estimate) as Name[]).map((name) => {
    const values = resultOf(resampled, (numbers) => numbers[name]);
    return [name, intervalOf(values, level, formOf(name))] as const;
  });
  return Object.fromEntries(entries) as Record<Name, Interval>;
}

/** How a statistic spreads over other test sets, as its draws show it. */
export interface Spread {
  /** The standard deviation. */
  readonly deviation: number;
  /** How many times that of the draws it would be without what no draw shows. */
  readonly inflation: number;
  readonly skewness: number;
  /** The degrees of freedom with which the deviation is known, at least 1. */
  readonly freedom: number;
  /** The number of units that decide it, or of the rarest class. */
  readonly units: number;
}

/**
 * The spread of a resampled statistic. Where every class counts alike, the variance is a sum of one
 * part for each class, about in proportion to 1 / n for its n units; such a sum has Satterthwaite's
 * degrees of freedom (Satterthwaite 1946, "An approximate distribution of estimates of variance
 * components"). Where fewer units decide, their number bounds the degrees of freedom. The deviation
 * is NaN where too many draws are undefined.
 */
export function spreadOf(
  { draws, units }: Resampled<number>,
  { perImage, unseen = 0, deciding = Number.POSITIVE_INFINITY }: Form = {},
): Spread {
  const values = definedDraws(draws);
  const middle = mean(values);
  const moment = (power: number) => mean(values.map((value) => (value - middle) ** power));
  const variance = moment(2);
  const classes = perImage ? [units.all] : [...units.byClass.values()];
  const parts = classes.map((count) => 1 / count);
  const total = parts.reduce((sum, part) => sum + part, 0);
  const lost = classes.map((count, i) => (count > 1 ? parts[i]! ** 2 / (count - 1) : 0));
  const freedom = total ** 2 / lost.reduce((sum, part) => sum + part, 0);
  const typical = classes.length / total;
  const inflation = Math.sqrt(typical / (typical - 1));
  return {
    deviation: Math.sqrt(variance * inflation ** 2 + unseen),
    inflation,
    skewness: moment(3) / variance ** 1.5,
    freedom: Math.max(1, Math.floor(Math.min(freedom, deciding))),
    units: Math.min(...classes),
  };
}

/** The ends of an interval by the form of its statistic; see {@link bootstrapInterval}. */
function endsOf(
  estimate: number,
  { deviation, skewness, freedom, units }: Spread,
  level: number,
  { range, isSkewed, model }: Form,
): readonly [low: number, high: number] {
  const [least, most] = range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const t = studentT(level, freedom);
  const within = (value: number) => Math.min(most, Math.max(least, value));
  if (isSkewed || !Number.isFinite(most - least)) {
    const reach = (z: number) => deviation * withoutSkewness(z, skewness);
    return [within(estimate - reach(t)), within(estimate - reach(-t))];
  }
  const width = most - least;
  const share = (estimate - least) / width;
  if (share <= 0 || share >= 1) {
    const reach = Math.max(t * deviation, width * (1 - (1 - level) ** (1 / units)));
    return [within(estimate - reach), within(estimate + reach)];
  }
  if (model !== undefined) {
    const variance = (deviation / width) ** 2;
    const [low, high] = scoreEnds({ estimate: share, variance, freedom }, model, level);
    return [least + width * low, least + width * high];
  }
  const logit = Math.log(share / (1 - share));
  const half = (t * deviation) / width / (share * (1 - share));
  return [least + width * logistic(logit - half), least + width * logistic(logit + half)];
}

export const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

/**
 * Hall's transformation of a studentised mean with skewness `g`: its distribution is closer to
 * Student's.
 */
export const transformed = (x: number, g: number): number =>
  x + (g * x ** 2) / 3 + (g ** 2 * x ** 3) / 27 + g / 6;

/** The inverse of {@link transformed}. */
const withoutSkewness = (z: number, g: number): number =>
  Math.abs(g) < 1e-6 ? z : (3 * (Math.cbrt(1 + g * (z - g / 6)) - 1)) / g;

/** The draws that are not NaN; none where too many are. */
function definedDraws(draws: ArrayLike<number>): Float64Array {
  const defined = Float64Array.from(draws).filter((value) => !Number.isNaN(value));
  return defined.length < (1 - mostUndefined) * draws.length ? new Float64Array() : defined;
}

export function expandedEnds(
  resampled: Resampled<number>,
  level: number,
): readonly [low: number, high: number] {
  const draws = definedDraws(resampled.draws).sort();
  if (draws.length === 0 || draws[0] === draws.at(-1)) return [Number.NaN, Number.NaN];
  const { freedom, inflation, units } = spreadOf(resampled);
  const chance = normalCdf(-inflation * studentT(level, freedom));
  const bound = 1 - (1 - level) ** (1 / units);
  const low = quantile(draws, chance);
  const high = quantile(draws, 1 - chance);
  if (resampled.estimate === 1) return [Math.min(low, 1 - bound), high];
  return resampled.estimate === 0 ? [low, Math.max(high, bound)] : [low, high];
}

/**
 * By linear interpolation, as NumPy's default (Hyndman and Fan 1996, type 7), of at least one
 * value.
 */
function quantile(sorted: Float64Array, chance: number): number {
  const position = chance * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low === high ? low : low + (position - below) * (high - low);
}

/** Whether some images share a group, so that whole groups must be drawn. */
export function drawsGroups(groups: Resampling['groups']): boolean {
  const named = groups?.filter((group) => group !== undefined) ?? [];
  return new Set(named).size < named.length;
}

/**
 * A share of the draws: of the numbers 0, 1, 2, …, those that leave `index` when divided by `of`.
 */
export interface Share {
  readonly index: number;
  readonly of: number;
}

const all: Share = { index: 0, of: 1 };

/**
 * The draws, or none if a class has a single image or group, whose unknown spread would count as
 * none. Of more than two classes a tenth may be so rare.
 */
export function informativeDraws(sample: BootstrapSample, share = all): Iterable<Uint8Array> {
  const counts = [...unitsByClass(sample.labels, sample.groups).values()];
  const rare = counts.filter((count) => count < 2).length;
  const most = counts.length > 2 ? mostUndefined * counts.length : 0;
  return rare > most ? [] : bootstrapWeights(sample, share);
}

/** The draws: how often each image was drawn, in one array that is reused for each draw. */
export function* bootstrapWeights(
  { labels, groups, draws = defaultDraws, seed }: BootstrapSample,
  { index, of } = all,
) {
  const source = new Draws(unitsOf(labels.length, groups), seed);
  for (let draw = 0; draw < draws; draw++) {
    if (draw % of === index) yield source.next();
    else source.skip();
  }
}
