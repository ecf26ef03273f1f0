import { Random } from '../../../random.ts';
import type { Interval } from './interval.ts';

/**
 * The images of a stratified bootstrap (Efron and Tibshirani 1993, "An introduction to the bootstrap", chapters 8 and 13).
 * Each draw resamples the tested images with replacement, class by class; the spread of a statistic over the draws estimates
 * its spread over other test sets. It serves any statistic that takes weights: the weight of an image is how often it was
 * drawn.
 *
 *     bootstrapInterval({ labels, seed: 1 }, (weights) => accuracy(confusion(labels, predictions, { weights })), 0.95);
 *
 * For statistics of a ranking, sort once and count each draw: {@link rankScores} in threshold-counts.ts.
 */
export interface BootstrapSample {
  /** 0 or 1 for each image. */
  readonly labels: ArrayLike<number>;
  /**
   * The group of each image, such as its video; undefined where it is alone. Frames of one video are alike, so whole groups are
   * drawn (Field and Welsh 2007, "Bootstrapping clustered data"): real groups, fake groups and mixed groups separately.
   */
  readonly groups?: readonly (string | undefined)[] | undefined;
  /** Number of draws; 2000 when absent. */
  readonly draws?: number | undefined;
  readonly seed: number;
}

export const defaultDraws = 2000;

/** A statistic of the images under weights. The array of weights is reused for the next draw. */
export type Statistic<Value = number> = (weights: Float64Array) => Value;

/** A statistic on the images themselves, each counted once. */
export const onAllImages = <Value>({ labels }: Pick<BootstrapSample, 'labels'>, statistic: Statistic<Value>): Value =>
  statistic(new Float64Array(labels.length).fill(1));

/** An interval is undefined where more than this share of draws leave the statistic undefined. */
const mostUndefined = 0.1;

/**
 * The percentile interval of a statistic: from its (1 - level) / 2 to its (1 + level) / 2 quantile over the draws (Efron and
 * Tibshirani, equation 13.5). It stays within the statistic's range. The draws of a biased statistic, such as the calibration
 * error, are biased once more, so its interval is shifted: see `biased` of {@link bootstrapIntervals}.
 *
 * The ends are NaN where the draws say nothing of the spread: all of them are equal, as for an accuracy of 1; they never change
 * the images of a class ({@link informativeDraws}); or the statistic is NaN in more than a tenth of them. Fewer NaNs are left out.
 *
 * @param level The confidence, above 0 and below 1.
 */
export const bootstrapInterval = (sample: BootstrapSample, statistic: Statistic, level: number): Interval =>
  bootstrapIntervals(sample, (weights) => ({ value: statistic(weights) }), level).value;

/**
 * {@link bootstrapInterval} of several statistics on the same draws.
 *
 * @param biased Names of those that are never below 0 and biased upwards; see {@link mirrored}.
 */
export function bootstrapIntervals<Name extends string>(
  sample: BootstrapSample,
  statistics: Statistic<Readonly<Record<Name, number>>>,
  level: number,
  biased: readonly NoInfer<Name>[] = [],
): Readonly<Record<Name, Interval>> {
  const estimates = onAllImages(sample, statistics);
  const names = Object.keys(estimates) as Name[];
  const values = new Map(names.map((name) => [name, [] as number[]]));
  for (const weights of informativeDraws(sample)) {
    const drawn = statistics(weights);
    for (const name of names) values.get(name)!.push(drawn[name]);
  }
  const method = drawsGroups(sample) ? 'group-bootstrap' : 'bootstrap';
  const entries = names.map((name) => {
    const drawn = values.get(name)!;
    const isConstant = drawn.every((value) => value === drawn[0]);
    const ends = isConstant ? ([Number.NaN, Number.NaN] as const) : percentileEnds(drawn, level);
    const estimate = estimates[name];
    const [low, high] = biased.includes(name) ? mirrored(estimate, ends) : ends;
    return [name, { estimate, low, high, method }] as const;
  });
  return Object.fromEntries(entries) as Record<Name, Interval>;
}

/**
 * The basic bootstrap interval (Davison and Hinkley 1997, "Bootstrap methods and their application", section 5.2) of a
 * statistic that chance increases, such as the calibration error, a sum of absolute values. The percentiles are mirrored at
 * the estimate, since the draws exceed the estimate as the estimate exceeds the truth; then cut at 0, and stretched to the
 * estimate where all draws are above it. For 1,000 images with a true calibration error of 0.04 and a level of 0.95 it
 * covers the truth nine times in ten, the percentile interval once in ten. Where the truth is near 0 neither does, so it
 * does not test whether a model is calibrated.
 */
function mirrored(estimate: number, [low, high]: readonly [number, number]): [low: number, high: number] {
  if (Number.isNaN(low)) return [low, high];
  return [Math.max(0, Math.min(estimate, 2 * estimate - high)), Math.max(estimate, 2 * estimate - low)];
}

/** A strip around a curve: the interval of its height at each place. */
export type Band = Readonly<Record<'low' | 'high', Float64Array>>;

/**
 * The pointwise bootstrap band of a curve (Macskassy and Provost 2004, "Confidence bands for ROC curves", call it vertical
 * averaging): the confidence holds at each place, not for the whole curve at once. NaN where a class is never redrawn.
 *
 * @param curve Gives the heights at fixed places.
 * @param level The confidence, above 0 and below 1.
 */
export function bootstrapBand(sample: BootstrapSample, curve: Statistic<Float64Array>, level: number): Band {
  const places = onAllImages(sample, curve).length;
  const draws = Array.from(informativeDraws(sample), curve);
  const heightsAt = (place: number) => draws.map((drawn) => drawn[place]!);
  const ends = Array.from({ length: places }, (_, place) => percentileEnds(heightsAt(place), level));
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

/** The draws, or none if a class has a single image or group, whose unknown spread would count as none. */
export function informativeDraws(sample: BootstrapSample): Iterable<Float64Array> {
  const { labels } = sample;
  const several = strataOf(sample).filter((units) => units.length > 1);
  const redrawn = new Set(several.flatMap(([unit]) => unit!.map((image) => labels[image])));
  return Array.from(labels).every((label) => redrawn.has(label)) ? bootstrapWeights(sample) : [];
}

/** The draws: how often each image was drawn, in one array that is reused for each draw. */
export function* bootstrapWeights(sample: BootstrapSample): Generator<Float64Array> {
  const random = new Random('bootstrap', sample.seed);
  const weights = new Float64Array(sample.labels.length);
  const strata = strataOf(sample);
  for (let draw = 0; draw < (sample.draws ?? defaultDraws); draw++) {
    weights.fill(0);
    for (const units of strata) {
      for (let i = 0; i < units.length; i++) {
        for (const image of units[random.integer(units.length)]!) weights[image]!++;
      }
    }
    yield weights;
  }
}

/** The units of each stratum (real, fake, mixed), each unit as the indices of its images. */
function strataOf({ labels, groups }: Pick<BootstrapSample, 'labels' | 'groups'>): readonly number[][][] {
  if (groups !== undefined && groups.length !== labels.length) {
    throw new RangeError(`Expected a group for each of ${labels.length} labels, got ${groups.length}`);
  }
  const units = new Map<string | number, number[]>();
  for (let i = 0; i < labels.length; i++) {
    const unit = groups?.[i] ?? i;
    if (!units.get(unit)?.push(i)) units.set(unit, [i]);
  }
  const strata: number[][][] = [[], [], []];
  for (const images of units.values()) {
    const fakes = images.filter((image) => labels[image] === 1).length;
    strata[fakes === 0 ? 0 : fakes === images.length ? 1 : 2]!.push(images);
  }
  return strata.filter((units) => units.length > 0);
}
