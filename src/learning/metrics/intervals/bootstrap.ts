import { Random } from '../../../random.ts';
import type { Interval } from './interval.ts';

/**
 * The stratified bootstrap (Efron and Tibshirani 1993, "An introduction to the bootstrap", chapters 8 and 13): images are
 * drawn anew from those that were tested, class by class, as often as there are; the spread of a statistic over such
 * draws is that over other test sets. It serves any statistic that takes weights, a draw being how often each image came up:
 *
 *     const sample = { labels, seed: 1 };                                  // with groups: { labels, groups, seed: 1 }
 *     bootstrapInterval(sample, (weights) => accuracy(labels, predictions, weights), 0.95);
 *     bootstrapIntervals(sample, (weights) => ({ accuracy: …, f1: … }), 0.95);   // the same draws for all of them
 *
 * Statistics of a ranking sort once and count under each draw's weights: {@link rankScores} in rank-scores.ts.
 */
export interface BootstrapSample {
  /** 0 or 1 for each image. */
  readonly labels: ArrayLike<number>;
  /**
   * Of each image, the group that it came with, such as its video; undefined where it is alone. Frames of one video are
   * alike, so whole groups are drawn (Field and Welsh 2007, "Bootstrapping clustered data"), apart for groups of one class,
   * of the other and of both.
   */
  readonly groups?: readonly (string | undefined)[] | undefined;
  /** How many draws; absent: 2000. */
  readonly draws?: number | undefined;
  /** The same seed gives the same draws. */
  readonly seed: number;
}

export const defaultDraws = 2000;

/** An interval is undefined where more than this share of draws leave the statistic undefined. */
const mostUndefined = 0.1;

/**
 * The percentile interval of a statistic: from its (1 - level) / 2 quantile over the draws to its (1 + level) / 2 one
 * (Efron and Tibshirani, equation 13.5). Inside the statistic's range by nature. A statistic that is biased, such as the
 * calibration error, is biased once more in its draws, so its interval lies to that side: for these, {@link biasedUpwards}.
 *
 * Where every draw is the same, such as an accuracy of 1, or never changes the images of a class ({@link redrawsClasses}),
 * the draws say nothing of the spread, and the ends are NaN. Draws that leave the statistic NaN are left out; where they are over a
 * tenth, the ends are NaN too.
 *
 * @param statistic Gets the weight of each image, all 1 for the estimate; the array is used anew for the next draw.
 * @param level The confidence, above 0 and below 1.
 */
export function bootstrapInterval(
  sample: BootstrapSample,
  statistic: (weights: Float64Array) => number,
  level: number,
): Interval {
  return bootstrapIntervals(sample, (weights) => ({ value: statistic(weights) }), level).value;
}

/**
 * {@link bootstrapInterval} of several statistics, all on the same draws.
 *
 * @param biased Names of those that are never below 0 and biased upwards; see {@link biasedUpwards}.
 */
export function bootstrapIntervals<Name extends string>(
  sample: BootstrapSample,
  statistics: (weights: Float64Array) => Readonly<Record<Name, number>>,
  level: number,
  biased: readonly NoInfer<Name>[] = [],
): Readonly<Record<Name, Interval>> {
  const estimates = statistics(new Float64Array(sample.labels.length).fill(1));
  const names = Object.keys(estimates) as Name[];
  const values = new Map(names.map((name) => [name, [] as number[]]));
  for (const weights of redrawsClasses(sample) ? bootstrapWeights(sample) : []) {
    const drawn = statistics(weights);
    for (const name of names) values.get(name)!.push(drawn[name]);
  }
  const method = drawsGroups(sample) ? 'group-bootstrap' : 'bootstrap';
  const entries = names.map((name) => {
    const drawn = values.get(name)!;
    const isConstant = drawn.every((value) => value === drawn[0]);
    const ends = isConstant ? ([Number.NaN, Number.NaN] as const) : percentileEnds(drawn, level);
    const estimate = estimates[name];
    const [low, high] = biased.includes(name) ? biasedUpwards(estimate, ends) : ends;
    return [name, { estimate, low, high, method }] as const;
  });
  return Object.fromEntries(entries) as Record<Name, Interval>;
}

/**
 * The basic bootstrap interval (Davison and Hinkley 1997, "Bootstrap methods and their application", section 5.2) of a
 * statistic that chance makes larger, such as the calibration error, a sum of absolute values: the percentiles mirrored at
 * the estimate, since what the draws add to it, the images had added to the truth. Cut at 0, and stretched to the estimate where
 * all draws are above it. Of 1,000 images whose true calibration error is 0.04 it holds that nine times in ten at 0.95, the
 * percentiles once in ten; where the truth is near 0, neither does, so it is no test of whether a model is calibrated.
 */
function biasedUpwards(estimate: number, [low, high]: readonly [number, number]): [low: number, high: number] {
  if (Number.isNaN(low)) return [low, high];
  const mirrored = [2 * estimate - high, 2 * estimate - low] as const;
  return [Math.max(0, Math.min(estimate, mirrored[0])), Math.max(estimate, mirrored[1])];
}

/** The quantiles that hold the middle `level` of the draws; NaN where too many are. */
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

/** Whether groups join images at all, so that they must be drawn together. */
export function drawsGroups({ groups }: Pick<BootstrapSample, 'groups'>): boolean {
  const named = groups?.filter((group) => group !== undefined) ?? [];
  return new Set(named).size < named.length;
}

/**
 * Whether the draws change the images of every class that is there: not those of a class with one image or one group, which
 * comes up in every draw as it is, so that its spread, of which nothing is known, would count as none.
 */
export function redrawsClasses(sample: Pick<BootstrapSample, 'labels' | 'groups'>): boolean {
  const { labels } = sample;
  const several = strataOf(sample).filter((units) => units.length > 1);
  const redrawn = new Set(several.flatMap(([unit]) => unit!.map((image) => labels[image])));
  return Array.from(labels).every((label) => redrawn.has(label));
}

/** The draws: how often each image came up, in one array that is filled anew for each draw. */
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

/** Of each kind (real alone, fake alone, both) the units that are drawn, each as the indices of its images. */
function strataOf({
  labels,
  groups,
}: Pick<BootstrapSample, 'labels' | 'groups'>): readonly (readonly (readonly number[])[])[] {
  if (groups !== undefined && groups.length !== labels.length) {
    throw new RangeError(`Expected a group for each of ${labels.length} labels, got ${groups.length}`);
  }
  const units = new Map<string | number, number[]>();
  for (let i = 0; i < labels.length; i++) {
    const unit = groups?.[i] ?? i;
    const images = units.get(unit);
    if (images === undefined) units.set(unit, [i]);
    else images.push(i);
  }
  const strata: number[][][] = [[], [], []];
  for (const images of units.values()) {
    const fakes = images.filter((image) => labels[image] === 1).length;
    strata[fakes === 0 ? 0 : fakes === images.length ? 1 : 2]!.push(images);
  }
  return strata.filter((units) => units.length > 0);
}
