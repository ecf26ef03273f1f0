import type { Json } from '../../json.ts';
import { mapDistance, topShare } from '../attribution/map-measures.ts';
import type { Method } from '../attribution/methods.ts';
import { confusion } from '../metrics/confusion.ts';
import { type BootstrapSample, bootstrapIntervals } from '../metrics/intervals/bootstrap.ts';
import { type Interval, intervalPair } from '../metrics/intervals/interval.ts';
import { predictedClasses } from '../metrics/logits.ts';
import { chanceDistance, weightedSums } from './chance-distance.ts';
import { completenessGap } from './completeness-gap.ts';
import type { MapSurvey, Survey } from './survey-split.ts';

/** A number about maps, NaN where it is undefined; low and high are absent where there is no interval by nature. */
export type MapNumber = Pick<Interval, 'estimate'> & Partial<Pick<Interval, 'low' | 'high'>>;

/** Numbers about the maps of one method, by their path in a metrics file: `topShare`, `untrained.fake.topShare`. */
export type MapNumbers = ReadonlyMap<string, MapNumber>;

/** A survey in numbers. */
export interface MeasuredSurvey {
  readonly images: number;
  readonly real: number;
  readonly fake: number;
  readonly accuracy: number;
  /** Whether the predictions are hardly better than guesses; false for images of one class. */
  readonly isNearChance: boolean;
  readonly methods: ReadonlyMap<Method, MapNumbers>;
}

export interface MeasureOptions extends Pick<BootstrapSample, 'groups' | 'draws' | 'seed'> {
  readonly confidence: number;
}

/**
 * Measures a survey, beside that of an untrained network of the same images if there is one. The numbers of a method:
 *
 *     topShare                       // as of the classes below, over the images of both
 *     real.constantMaps              // number of constant maps; the same of fake
 *     real.topShare                  // mean over images of the mass in the most salient 10 % of pixels
 *     real.meanMapTopShare           // the same of the mean map, on 16 x 16 cells
 *     distance                       // of the mean maps of real and fake: the share of their mass that lies elsewhere
 *     distanceByChance, distanceP    // for shuffled labels
 *     masks.images, masks.pointingGame, masks.pointingGameByChance, masks.intersectionOverUnion, …ByChance
 *     completeness.meanRise, .meanGap, .relativeGap        // of integrated gradients
 *     untrained.…                    // all of these for the untrained network
 *     aboveUntrained.…               // those with intervals: the trained network's minus the untrained one's, by image
 *
 * Intervals are from the bootstrap: images, or whole groups, are resampled by class, the same ones for both networks.
 * `distance` has an interval only if `distanceP`, below 1 − confidence, distinguishes it from chance; `aboveUntrained` has none for
 * mean maps.
 */
export function measureSurvey(survey: Survey, options: MeasureOptions, untrained?: Survey): MeasuredSurvey {
  const { labels, logits } = survey;
  const counts = confusion(labels, predictedClasses(logits));
  const [real, fake] = [0, 1].map((label) => labels.filter((each) => each === label).length) as [number, number];
  const methods = survey.maps.map((maps, i) => {
    const other = untrained && { survey: untrained, maps: untrained.maps[i]! };
    return [maps.method, measureMethod({ survey, maps }, options, other)] as const;
  });
  return {
    ...{ images: labels.length, real, fake },
    accuracy: (counts.trueNegatives + counts.truePositives) / labels.length,
    isNearChance:
      real > 0 && fake > 0 && isNearChance(counts.trueNegatives / real, counts.truePositives / fake, real, fake),
    methods: new Map(methods),
  };
}

/** Whether the balanced accuracy is below 0.6 and not significantly above that of guesses, 0.5: a one-sided test at 0.95. */
function isNearChance(realRight: number, fakeRight: number, real: number, fake: number): boolean {
  const standardError = Math.sqrt(0.25 / real + 0.25 / fake) / 2;
  return (realRight + fakeRight) / 2 < Math.min(0.6, 0.5 + 1.645 * standardError);
}

/** A measured survey as a metrics file holds it: paths become nested maps, each with its `intervals`; null where undefined. */
export function metricsOf({ images, real, fake, accuracy, methods }: MeasuredSurvey): Readonly<Record<string, Json>> {
  return { images, real, fake, accuracy, ...Object.fromEntries(Array.from(methods, ([name, of]) => [name, nest(of)])) };
}

type Nested = { [name: string]: Json | Nested };

function nest(numbers: MapNumbers): Json {
  const root: Nested = {};
  const mapAt = (steps: readonly string[]) =>
    steps.reduce((map, step) => {
      map[step] ??= {};
      return map[step] as Nested;
    }, root);
  for (const [path, { estimate }] of numbers) {
    const steps = path.split('.');
    mapAt(steps.slice(0, -1))[steps.at(-1)!] = Number.isFinite(estimate) ? estimate : null;
  }
  for (const [path, { low, high }] of numbers) {
    const steps = path.split('.');
    if (low === undefined || high === undefined) continue;
    mapAt([...steps.slice(0, -1), 'intervals'])[steps.at(-1)!] = intervalPair({ low, high }) as Json;
  }
  return root as Json;
}

/** The maps of one method in a survey. */
type Surveyed = { readonly survey: Survey; readonly maps: MapSurvey };

type Values = Readonly<Record<string, number>>;

/** Numbers of mean maps are biased upwards, once more in each resample: see `biased` of {@link bootstrapIntervals}. */
const ofMeanMaps = ['real.meanMapTopShare', 'fake.meanMapTopShare', 'distance'];

function measureMethod(trained: Surveyed, options: MeasureOptions, untrained?: Surveyed): MapNumbers {
  const { groups, draws, seed, confidence } = options;
  const facts: Values = {
    ...factsOf(trained, options),
    ...(untrained && prefixed('untrained', factsOf(untrained, options))),
  };
  const nets = { trained: statistics(trained), ...(untrained && { untrained: statistics(untrained) }) };
  const all = (weights: Uint8Array): Values => {
    const own = nets.trained(weights);
    const other = nets.untrained?.(weights);
    if (other === undefined) return own;
    const above = Object.entries(own).map(([name, value]) => [name, value - other[name]!]);
    return { ...own, ...prefixed('untrained', other), ...prefixed('aboveUntrained', Object.fromEntries(above)) };
  };
  const biased = ofMeanMaps.flatMap((name) => [name, `untrained.${name}`]);
  const found = bootstrapIntervals({ labels: trained.survey.labels, groups, draws, seed }, all, confidence, biased);
  const withoutInterval = [
    ...['', 'untrained.'].filter((net) => !(facts[`${net}distanceP`]! < 1 - confidence)).map((net) => `${net}distance`),
    ...ofMeanMaps.map((name) => `aboveUntrained.${name}`),
  ];
  const numbers: (readonly [string, MapNumber])[] = [
    ...Object.entries(found).map(([name, { estimate, low, high }]) => {
      const ends = withoutInterval.includes(name) ? { low: Number.NaN, high: Number.NaN } : { low, high };
      return [name, { estimate, ...ends }] as const;
    }),
    ...Object.entries(facts).map(([name, estimate]) => [name, { estimate }] as const),
  ];
  // The network's own numbers before those of the untrained one.
  const rank = ([path]: readonly [string, MapNumber]) => (/^(above)?untrained\./i.test(path) ? 1 : 0);
  return new Map(numbers.sort((one, other) => rank(one) - rank(other)));
}

/** The resampled statistics: means over images, and numbers of mean maps. */
function statistics({ survey: { labels }, maps }: Surveyed): (weights: Uint8Array) => Values {
  const { topShares, pointing, overlaps } = maps;
  return (weights) => {
    const sums = weightedSums(maps, labels, weights);
    const ofClass = (name: string, label: number) => ({
      [`${name}.topShare`]: meanOf(topShares, weights, (image) => labels[image] === label),
      [`${name}.meanMapTopShare`]: topShare(sums[label]!),
    });
    return {
      topShare: meanOf(topShares, weights),
      ...ofClass('real', 0),
      ...ofClass('fake', 1),
      distance: mapDistance(sums[0]!, sums[1]!),
      ...(pointing && { 'masks.pointingGame': meanOf(pointing, weights) }),
      ...(overlaps && { 'masks.intersectionOverUnion': meanOf(overlaps, weights) }),
    };
  };
}

/** The weighted mean of the defined values; NaN without any. */
function meanOf(values: Float64Array, weights?: Uint8Array, counts?: (image: number) => boolean): number {
  let [sum, total] = [0, 0];
  for (let image = 0; image < values.length; image++) {
    const [value, weight] = [values[image]!, weights?.[image] ?? 1];
    if (weight === 0 || Number.isNaN(value) || counts?.(image) === false) continue;
    sum += weight * value;
    total += weight;
  }
  return sum / total;
}

/** Numbers about these images alone, without an interval. */
function factsOf({ survey, maps }: Surveyed, { groups, seed }: MeasureOptions): Values {
  const { labels, masks, completeness } = survey;
  const chance = chanceDistance({ labels, groups, ...maps }, seed);
  return {
    'real.constantMaps': maps.constant[0]!,
    'fake.constantMaps': maps.constant[1]!,
    distanceByChance: chance.byChance,
    distanceP: chance.p,
    ...(masks && {
      'masks.images': masks.shares.filter((share) => !Number.isNaN(share)).length,
      'masks.pointingGameByChance': meanOf(masks.shares),
      'masks.intersectionOverUnionByChance': meanOf(masks.chanceOverlaps),
    }),
    ...(maps.method === 'integrated-gradients' &&
      completeness &&
      prefixed('completeness', { ...completenessGap(completeness) })),
  };
}

const prefixed = (prefix: string, numbers: Values): Values =>
  Object.fromEntries(Object.entries(numbers).map(([name, value]) => [`${prefix}.${name}`, value]));
