import { Draws, unitsOf } from './draws.ts';
import type { Interval } from './interval.ts';

/**
 * The images of a stratified bootstrap (Efron and Tibshirani 1993, "An introduction to the bootstrap", chapters 8 and 13). Each draw
 * resamples the tested images with replacement, class by class; the spread of a statistic over the draws estimates its spread over other
 * test sets. It serves any statistic that takes weights: the weight of an image is how often it was drawn.
 *
 *     bootstrapInterval({ labels, seed: 1 }, (weights) => accuracy(confusion(labels, predictions, { weights })), 0.95);
 *
 * For statistics of a ranking, sort once and count each draw: {@link countDraws} in threshold-counts.ts.
 */
export interface BootstrapSample {
  /** The class of each image, counted from 0. */
  readonly labels: ArrayLike<number>;
  /**
   * The group of each image, such as its video; undefined where it is alone. Frames of one video are alike, so whole groups are
   * drawn (Field and Welsh 2007, "Bootstrapping clustered data"), those of each set of classes separately.
   */
  readonly groups?: readonly (string | undefined)[] | undefined;
  /** Number of draws; 2000 when absent. */
  readonly draws?: number | undefined;
  readonly seed: number;
}

export const defaultDraws = 2000;

/** A statistic of the images under weights. The array of weights is reused for the next draw. */
export type Statistic<Value = number> = (weights: Uint8Array) => Value;

/** A statistic on the images themselves, each counted once. */
export const onAllImages = <Value>({ labels }: Pick<BootstrapSample, 'labels'>, statistic: Statistic<Value>): Value =>
  statistic(new Uint8Array(labels.length).fill(1));

/** A statistic on the images themselves and on every draw; without draws where these do not show the spread. */
export interface Resampled<Value> {
  readonly estimate: Value;
  readonly draws: readonly Value[];
  readonly method: 'bootstrap' | 'group-bootstrap';
}

/** A result of a resampled statistic, on the images and on every draw. */
export const resultOf = <Value, Result>(
  { estimate, draws, method }: Resampled<Value>,
  result: (value: Value) => Result,
): Resampled<Result> => ({ estimate: result(estimate), draws: draws.map(result), method });

/** Evaluates a statistic on the images themselves and on every draw. */
export const resample = <Value>(sample: BootstrapSample, statistic: Statistic<Value>): Resampled<Value> => ({
  estimate: onAllImages(sample, statistic),
  draws: Array.from(informativeDraws(sample), statistic),
  method: drawsGroups(sample) ? 'group-bootstrap' : 'bootstrap',
});

/** An interval is undefined where more than this share of draws leave the statistic undefined. */
const mostUndefined = 0.1;

/**
 * The percentile interval of a statistic: from its (1 - level) / 2 to its (1 + level) / 2 quantile over the draws (Efron and Tibshirani,
 * equation 13.5); `level` is above 0 and below 1. It stays within the statistic's range. The draws of a biased statistic, such as the
 * calibration error, are biased once more, so its interval is shifted: see `biased` of {@link bootstrapIntervals}.
 *
 * The ends are NaN where the draws do not show the spread: all of them are equal, as for an accuracy of 1; they never change the
 * images of a class; or the statistic is NaN in more than a tenth of them. Fewer NaNs are left out.
 */
export const bootstrapInterval = (sample: BootstrapSample, statistic: Statistic, level: number): Interval =>
  intervalOf(resample(sample, statistic), level);

function intervalOf({ estimate, draws, method }: Resampled<number>, level: number, isBiased = false): Interval {
  const isConstant = draws.every((value) => value === draws[0]);
  const ends = isConstant ? ([Number.NaN, Number.NaN] as const) : percentileEnds(draws, level);
  const [low, high] = isBiased ? mirrored(estimate, ends) : ends;
  return { estimate, low, high, method };
}

/** {@link bootstrapInterval} of several statistics on the same draws. `biased` are never below 0 and biased upwards; see {@link mirrored}. */
export const bootstrapIntervals = <Name extends string>(
  sample: BootstrapSample,
  statistics: Statistic<Readonly<Record<Name, number>>>,
  level: number,
  biased: readonly NoInfer<Name>[] = [],
): Readonly<Record<Name, Interval>> => intervalsOf(resample(sample, statistics), level, biased);

/** {@link bootstrapIntervals} of statistics that were resampled. */
export function intervalsOf<Name extends string>(
  resampled: Resampled<Readonly<Record<Name, number>>>,
  level: number,
  biased: readonly NoInfer<Name>[] = [],
): Readonly<Record<Name, Interval>> {
  const entries = (Object.keys(resampled.estimate) as Name[]).map((name) => {
    const values = resultOf(resampled, (numbers) => numbers[name]);
    return [name, intervalOf(values, level, biased.includes(name))] as const;
  });
  return Object.fromEntries(entries) as Record<Name, Interval>;
}

/**
 * The basic bootstrap interval (Davison and Hinkley 1997, section 5.2) of a statistic that chance increases, such as the calibration
 * error, a sum of absolute values. The percentiles are mirrored at the estimate, since the draws exceed the estimate as the estimate
 * exceeds the truth; then cut at 0, and stretched to the estimate where all draws are above it. For 1,000 images with a true calibration
 * error of 0.04 and a level of 0.95 it covers the truth nine times in ten, the percentile interval once in ten. Where the truth is near 0
 * neither does, so it does not test whether a model is calibrated.
 */
function mirrored(estimate: number, [low, high]: readonly [number, number]): [low: number, high: number] {
  if (Number.isNaN(low)) return [low, high];
  return [Math.max(0, Math.min(estimate, 2 * estimate - high)), Math.max(estimate, 2 * estimate - low)];
}

/** A strip around a curve: the interval of its height at each place. */
export type Band = Readonly<Record<'low' | 'high', Float64Array>>;

/**
 * The pointwise bootstrap band of a curve, whose heights at fixed places were resampled (Macskassy and Provost 2004, "Confidence bands
 * for ROC curves", call it vertical averaging): the confidence, above 0 and below 1, holds at each place, not for the whole curve at
 * once. NaN where a class is never redrawn.
 */
export function bandOf({ estimate, draws }: Resampled<ArrayLike<number>>, level: number): Band {
  const heightsAt = (place: number) => draws.map((drawn) => drawn[place]!);
  const ends = Array.from(estimate, (_, place) => percentileEnds(heightsAt(place), level));
  return { low: Float64Array.from(ends, ([low]) => low), high: Float64Array.from(ends, ([, high]) => high) };
}

/** The quantiles that hold the middle `level` of the draws; NaN where too many draws are NaN. */
export function percentileEnds(draws: ArrayLike<number>, level: number): [low: number, high: number] {
  const defined = Float64Array.from(draws).filter((value) => !Number.isNaN(value));
  if (defined.length === 0 || defined.length < (1 - mostUndefined) * draws.length) return [Number.NaN, Number.NaN];
  defined.sort();
  return [quantile(defined, (1 - level) / 2), quantile(defined, (1 + level) / 2)];
}

/** By linear interpolation, as NumPy's default (Hyndman and Fan 1996, type 7), of at least one value. */
function quantile(sorted: Float64Array, chance: number): number {
  const place = chance * (sorted.length - 1);
  const below = Math.floor(place);
  const [low, high] = [sorted[below]!, sorted[Math.min(below + 1, sorted.length - 1)]!];
  return low === high ? low : low + (place - below) * (high - low);
}

/** Whether some images share a group, so that whole groups must be drawn. */
export function drawsGroups({ groups }: Pick<BootstrapSample, 'groups'>): boolean {
  const named = groups?.filter((group) => group !== undefined) ?? [];
  return new Set(named).size < named.length;
}

/** A share of the draws: of the numbers 0, 1, 2, …, those that leave `index` when divided by `of`. */
export interface Share {
  readonly index: number;
  readonly of: number;
}

const all: Share = { index: 0, of: 1 };

/**
 * The draws, or none if a class has a single image or group, whose unknown spread would count as none. Of more than two classes a
 * tenth may be so rare.
 */
export function informativeDraws(sample: BootstrapSample, share = all): Iterable<Uint8Array> {
  const { strata } = unitsOf(sample.labels, sample.groups);
  const classes = [...new Set(strata.flatMap(({ labels }) => labels))];
  const rare = classes.filter((label) => !strata.some(({ labels, size }) => size > 1 && labels.includes(label)));
  const most = classes.length > 2 ? mostUndefined * classes.length : 0;
  return rare.length > most ? [] : bootstrapWeights(sample, share);
}

/** The draws: how often each image was drawn, in one array that is reused for each draw. */
export function* bootstrapWeights(
  { labels, groups, draws = defaultDraws, seed }: BootstrapSample,
  { index, of } = all,
) {
  const source = new Draws(unitsOf(labels, groups), seed);
  for (let draw = 0; draw < draws; draw++) {
    if (draw % of === index) yield source.next();
    else source.skip();
  }
}
