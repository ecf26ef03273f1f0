import { mapDistance } from '../attribution/measures/map-distance.ts';
import { topShare } from '../attribution/measures/top-share.ts';
import { type BootstrapSample, bootstrapIntervals } from '../metrics/intervals/bootstrap.ts';
import { type Interval, intervalPair } from '../metrics/intervals/interval.ts';
import { predictedClasses } from '../metrics/logits.ts';
import { chanceDistance, weightedSums } from './chance-distance.ts';
import type { MapSurvey, Survey } from './survey-split.ts';

/** Numbers by name, null where one is undefined; in a map `intervals` beside them their intervals, null where images do not say. */
export interface Numbers {
  readonly [name: string]: number | null | readonly [low: number, high: number] | Numbers;
}

export interface MapMetricsOptions extends Pick<BootstrapSample, 'groups' | 'draws' | 'seed'> {
  readonly confidence: number;
}

/**
 * What a survey says in numbers, as kinds write it under `metrics`:
 *
 *     { images, real, fake, accuracy,
 *       gradient: {                            // for each method
 *         topShare,                            // as of the classes below, over the images of both
 *         real: { constantMaps,                // maps that are the same everywhere
 *                 topShare,                    // the mean over images of the mass in the most salient 10 % of pixels
 *                 meanMapTopShare,             // the same of the mean map, on 16 x 16 cells
 *                 intervals: { … } },
 *         fake: { … },
 *         distance,                            // of the mean maps of real and fake: the share of their mass that lies elsewhere
 *         distanceByChance, distanceP,         // of shuffled labels
 *         masks: { images, pointingGame, pointingGameByChance, intersectionOverUnion, intersectionOverUnionByChance },
 *         completeness: { meanRise, meanGap, relativeGap },   // of integrated gradients: means of absolute values
 *         untrained: { real: { … }, fake: { … }, distance, masks },
 *         aboveUntrained: { … } } }            // the trained net's less the untrained one's, by image
 *
 * Intervals stand in `intervals` beside the numbers, by the bootstrap: images, or whole groups, are drawn anew by class, the
 * same ones for both nets. `distance` has none unless `distanceP` tells it from chance, below 1 − confidence; of mean maps
 * `aboveUntrained` has none.
 */
export function mapMetrics(survey: Survey, options: MapMetricsOptions, untrained?: Survey): Numbers {
  const { labels, logits } = survey;
  const fake = labels.reduce((sum, label) => sum + label, 0);
  const called = predictedClasses(logits);
  const right = labels.filter((label, i) => called[i] === label).length;
  const methods = survey.maps.map((maps, i) => [
    maps.method,
    methodMetrics({ survey, maps }, options, untrained && { survey: untrained, maps: untrained.maps[i]! }),
  ]);
  return {
    ...{ images: labels.length, real: labels.length - fake, fake, accuracy: right / labels.length },
    ...Object.fromEntries(methods),
  };
}

interface Surveyed {
  readonly survey: Survey;
  readonly maps: MapSurvey;
}

function methodMetrics(trained: Surveyed, options: MapMetricsOptions, untrained?: Surveyed): Numbers {
  const { labels } = trained.survey;
  const nets = {
    trained: statistics(trained),
    ...(untrained && { untrained: statistics(untrained) }),
  };
  const all = (weights: Float64Array): Flat => {
    const own = nets.trained(weights);
    const other = nets.untrained?.(weights);
    if (other === undefined) return own;
    const less = Object.entries(own).map(([name, value]) => [name, value - other[name]!]);
    return { ...own, ...prefixed('untrained', other), ...prefixed('aboveUntrained', Object.fromEntries(less)) };
  };
  const { groups, draws, seed, confidence } = options;
  const facts: Flat = {
    ...factsOf(trained, options),
    ...(untrained && prefixed('untrained', factsOf(untrained, options))),
  };
  const biased = ofMeanMaps.flatMap((name) => [name, `untrained.${name}`]);
  const found = bootstrapIntervals({ labels, groups, draws, seed }, all, confidence, biased);
  const unknown = [
    ...['', 'untrained.'].filter((net) => !(facts[`${net}distanceP`]! < 1 - confidence)).map((net) => `${net}distance`),
    ...ofMeanMaps.map((name) => `aboveUntrained.${name}`),
  ];
  return nest(facts, withoutEnds(found, unknown));
}

/**
 * Numbers of mean maps. The fewer images, the further apart and the less even means are, and in each draw once more, so the
 * percentiles lie above. Mirrored they hold the truth, but for distances that chance alone gives; of differences of two such
 * numbers nothing is known.
 */
const ofMeanMaps = ['real.meanMapTopShare', 'fake.meanMapTopShare', 'distance'];

function withoutEnds(found: Readonly<Record<string, Interval>>, names: readonly string[]) {
  return Object.fromEntries(
    Object.entries(found).map(([name, interval]) => [
      name,
      names.includes(name) ? { ...interval, low: Number.NaN, high: Number.NaN } : interval,
    ]),
  );
}

/** Names have dots where the file has maps. */
type Flat = Readonly<Record<string, number>>;

/** What is drawn anew: means over images, and what follows from mean maps. */
function statistics({ survey, maps }: Surveyed): (weights: Float64Array) => Flat {
  const { labels } = survey;
  const { topShares, pointing, overlaps } = maps;
  const masked = (values: Float64Array, weights: Float64Array) => meanOf(values, weights, () => true);
  return (weights) => {
    const sums = weightedSums(maps, labels, weights);
    const ofClass = (name: string, label: number) => ({
      [`${name}.topShare`]: meanOf(topShares, weights, (image) => labels[image] === label),
      [`${name}.meanMapTopShare`]: topShare(sums[label]!),
    });
    return {
      topShare: meanOf(topShares, weights, () => true),
      ...ofClass('real', 0),
      ...ofClass('fake', 1),
      distance: mapDistance(sums[0]!, sums[1]!),
      ...(pointing && { 'masks.pointingGame': masked(pointing, weights) }),
      ...(overlaps && { 'masks.intersectionOverUnion': masked(overlaps, weights) }),
    };
  };
}

/** The weighted mean of what images have; NaN where none of them does. */
function meanOf(values: Float64Array, weights: Float64Array, counts: (image: number) => boolean): number {
  let [sum, total] = [0, 0];
  for (let image = 0; image < values.length; image++) {
    const value = values[image]!;
    if (weights[image] === 0 || Number.isNaN(value) || !counts(image)) continue;
    sum += weights[image]! * value;
    total += weights[image]!;
  }
  return sum / total;
}

/** What is known of these images alone, without an interval. */
function factsOf({ survey, maps }: Surveyed, { groups, seed }: MapMetricsOptions): Flat {
  const { labels, masks, completeness } = survey;
  const chance = chanceDistance({ labels, groups, ...maps }, seed);
  const every = (values: Float64Array) => meanOf(values, new Float64Array(values.length).fill(1), () => true);
  return {
    'real.constantMaps': maps.constant[0]!,
    'fake.constantMaps': maps.constant[1]!,
    distanceByChance: chance.byChance,
    distanceP: chance.p,
    ...(masks && {
      'masks.images': masks.shares.filter((share) => !Number.isNaN(share)).length,
      'masks.pointingGameByChance': every(masks.shares),
      'masks.intersectionOverUnionByChance': every(masks.chanceOverlaps),
    }),
    ...(maps.method === 'integrated-gradients' &&
      completeness && {
        ...prefixed(
          'completeness',
          gapsOf(every(completeness.rises.map(Math.abs)), every(completeness.gaps.map(Math.abs))),
        ),
      }),
  };
}

const gapsOf = (meanRise: number, meanGap: number): Flat => ({ meanRise, meanGap, relativeGap: meanGap / meanRise });

const prefixed = (prefix: string, numbers: Flat): Flat =>
  Object.fromEntries(Object.entries(numbers).map(([name, value]) => [`${prefix}.${name}`, value]));

/** Maps within maps by the dots of names, and in each of them its intervals. */
function nest(facts: Flat, measured: ReturnType<typeof bootstrapIntervals<string>>): Numbers {
  const root: Nested = {};
  const finite = (value: number) => (Number.isFinite(value) ? value : null);
  const estimates = Object.entries(measured).map(([path, { estimate }]) => [path, estimate] as const);
  // The net's own numbers before those of another.
  const numbers = [...estimates, ...Object.entries(facts)].sort(([one], [other]) => rankOf(one) - rankOf(other));
  for (const [path, value] of numbers) put(root, path.split('.'), finite(value));
  for (const [path, interval] of Object.entries(measured)) {
    const steps = path.split('.');
    put(root, [...steps.slice(0, -1), 'intervals', steps.at(-1)!], intervalPair(interval));
  }
  return root;
}

const rankOf = (path: string): number => (/^\w*untrained\./i.test(path) ? 1 : 0);

interface Nested {
  [name: string]: Numbers[string] | Nested;
}

function put(map: Nested, [step, ...steps]: readonly string[], value: Numbers[string]): void {
  if (steps.length === 0) map[step!] = value;
  else {
    map[step!] ??= {};
    put(map[step!] as Nested, steps, value);
  }
}
