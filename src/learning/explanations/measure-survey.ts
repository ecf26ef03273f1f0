import { defaultNames } from '../../default-class-names.ts';
import { type Json, type JsonTree, setAt } from '../../json.ts';
import { topShare } from '../attribution/map-measures.ts';
import { regionNames } from '../attribution/map-regions.ts';
import type { Method } from '../attribution/methods.ts';
import { facePartNames } from '../faces/parts/face-parts.ts';
import { predictedClasses } from '../metrics/arithmetic/logits.ts';
import { mean } from '../metrics/arithmetic/mean.ts';
import { bootstrapIntervals, type Form, type Resampling } from '../metrics/intervals/bootstrap.ts';
import { unitsByClass } from '../metrics/intervals/bootstrap-draws.ts';
import { type IntervalEnds, intervalPair } from '../metrics/intervals/interval.ts';
import { chanceDistance, distancesOf, meanDistance, weightedSums } from './chance-distance.ts';
import { completenessGap } from './completeness-gap.ts';
import type { MapSurvey, Survey } from './survey-split.ts';

/**
 * A number about maps, NaN where it is undefined; low and high are absent where there is no
 * interval by nature.
 */
export interface MapNumber extends Partial<IntervalEnds> {
  readonly estimate: number;
}

/**
 * Numbers about the maps of one method, by their path in a metrics file: `topShare`,
 * `untrained.topShare`.
 */
export type MapNumbers = ReadonlyMap<string, MapNumber>;

/** How many images of each class were surveyed. */
interface ClassCounts {
  /** The names of labels in paths: those by default of two classes, else those of the classes. */
  readonly keys: readonly string[];
  /** The number of images of each label. */
  readonly counts: readonly number[];
}

/** A survey in numbers. */
export interface MeasuredSurvey extends ClassCounts {
  readonly images: number;
  readonly accuracy: number;
  /** Whether the predictions are hardly better than guesses; false for images of one class. */
  readonly isNearChance: boolean;
  readonly methods: ReadonlyMap<Method, MapNumbers>;
}

/** The classes in label order, and how intervals are drawn, at a confidence above 0 and below 1. */
export interface MeasureOptions extends Resampling {
  readonly classes: readonly string[];
  readonly confidence: number;
}

/**
 * Measures a survey, beside that of an untrained network of the same images if there is one. The
 * numbers of a method:
 *
 *     topShare                    // as of the classes below, over the images of all
 *     topShareCeiling             // the greatest of a map of so few cells, if it was resized
 *     <class>.constantMaps        // number of constant maps
 *     <class>.topShare            // mean over images: mass in the most salient 10 % of pixels
 *     <class>.meanMapTopShare     // the same of the mean map, on 16 x 16 cells
 *     <class>.regions.middle, …   // mean over images: mass in each cell of a grid of thirds
 *     <class>.parts.eyes, …       // mean over images with a face: mass in each part of it
 *     <class>.partAreas.eyes, …   // and the share of the pixels that the part has
 *     <class>.halfMassArea        // mean over images: share of the pixels with half of the mass
 *     distance                    // of the mean maps of two classes; of more, the mean
 *     distanceByChance, distanceP // for shuffled labels
 *     distances.cat.dog, …        // of more than two classes, up to 15: of every pair
 *     masks.images, masks.pointingGame, masks.pointingGameByChance
 *     masks.intersectionOverUnion, masks.intersectionOverUnionByChance
 *     completeness.meanRise, .meanGap, .relativeGap        // of integrated gradients
 *     untrained.…                 // all of these for the untrained network
 *     aboveUntrained.…            // those with intervals: trained minus untrained, by image
 *
 * Two classes have their names by default in `<class>`. A distance is the share of the maps' mass
 * that lies elsewhere.
 *
 * Intervals are from the bootstrap: images, or whole groups, are resampled, the same ones for both
 * networks. Numbers of mean maps have none: chance increases them, in every resample once more, and
 * intervals that are mirrored at the estimate covered 84 to 88 % (`bench/statistics`).
 */
export function measureSurvey(
  survey: Survey,
  options: MeasureOptions,
  untrained?: Survey,
): MeasuredSurvey {
  const { labels, logits } = survey;
  const { classes } = options;
  const keys =
    classes.length === 2 ? defaultNames : classes.map((name) => name.replaceAll('.', '_'));
  const predictions = predictedClasses(logits, classes.length);
  const counts = keys.map(() => 0);
  const right = keys.map(() => 0);
  for (const [i, label] of Array.from(labels).entries()) {
    counts[label]!++;
    if (predictions[i] === label) right[label]!++;
  }
  const methods = survey.maps.map((maps, i) => {
    const untrainedMaps = untrained && { survey: untrained, maps: untrained.maps[i]!, keys };
    return [maps.method, measureMethod({ survey, maps, keys }, options, untrainedMaps)] as const;
  });
  return {
    images: labels.length,
    keys,
    counts,
    accuracy: right.reduce((sum, count) => sum + count) / labels.length,
    isNearChance: counts.every((count) => count > 0) && isNearChance(right, counts),
    methods: new Map(methods),
  };
}

/**
 * Whether the balanced accuracy is below 1.2 times that of guesses, and not significantly above it:
 * a one-sided test at 0.95.
 */
function isNearChance(right: readonly number[], counts: readonly number[]): boolean {
  const guess = 1 / counts.length;
  const variance = mean(counts.map((count) => (guess * (1 - guess)) / count)) / counts.length;
  const balanced = mean(right.map((count, label) => count / counts[label]!));
  return balanced < Math.min(1.2 * guess, guess + 1.645 * Math.sqrt(variance));
}

/** The numbers of images by class as a metrics file holds them. */
export function countsOf({ keys, counts }: ClassCounts): Readonly<Record<string, Json>> {
  const named = Object.fromEntries(keys.map((key, label) => [key, counts[label]!]));
  return keys.length === 2 ? named : { classes: named };
}

/**
 * A measured survey as a metrics file holds it: paths become nested maps, each with its
 * `intervals`; null where undefined.
 */
export function metricsOf({
  images,
  accuracy,
  methods,
  ...of
}: MeasuredSurvey): Readonly<Record<string, Json>> {
  const measured = Object.fromEntries(
    Array.from(methods, ([name, numbers]) => [name, nest(numbers)]),
  );
  return { images, ...countsOf(of), accuracy, ...measured };
}

function nest(numbers: MapNumbers): Json {
  const tree: JsonTree = {};
  for (const [path, { estimate }] of numbers)
    setAt(tree, path.split('.'), Number.isFinite(estimate) ? estimate : null);
  for (const [path, { low, high }] of numbers) {
    if (low === undefined || high === undefined) continue;
    setAt(tree, path.split('.').toSpliced(-1, 0, 'intervals'), intervalPair({ low, high }));
  }
  return tree as Json;
}

type Surveyed = {
  readonly survey: Survey;
  readonly maps: MapSurvey;
  readonly keys: readonly string[];
};

type Values = Readonly<Record<string, number>>;

function measureMethod(
  trained: Surveyed,
  options: MeasureOptions,
  untrained?: Surveyed,
): MapNumbers {
  const { groups, draws, seed, confidence } = options;
  const facts: Values = {
    ...factsOf(trained, options),
    ...(untrained && prefixed('untrained', untrainedFacts(untrained, options))),
  };
  const nets = {
    trained: statistics(trained),
    ...(untrained && { untrained: statistics(untrained) }),
  };
  const all = (weights: Uint8Array): Values => {
    const trainedValues = nets.trained(weights);
    return withUntrained(trainedValues, nets.untrained?.(weights));
  };
  const ofMeanMaps = withUntrained(
    numbersOfMeanMaps(trained),
    untrained && numbersOfMeanMaps(untrained),
  );
  const sample = { labels: trained.survey.labels, groups, draws, seed };
  const decidingOf = decidingUnits(trained, groups);
  // A few maps that cover much of the picture decide the mean of areas.
  const formOf = (name: string): Form => {
    const deciding = decidingOf(name.replace(/^(untrained|aboveUntrained)\./, ''));
    return name.startsWith('aboveUntrained.')
      ? { range: [-1, 1], isSkewed: true, deciding }
      : { range: [0, 1], isSkewed: name.endsWith('halfMassArea'), deciding };
  };
  const intervals = bootstrapIntervals(sample, all, confidence, formOf);
  const ended = Object.entries(intervals).map(
    ([name, { estimate, low, high }]): [string, MapNumber] => [name, { estimate, low, high }],
  );
  const unknown = { low: Number.NaN, high: Number.NaN };
  const withoutEnds = Object.entries(ofMeanMaps).map(([name, estimate]): [string, MapNumber] => [
    name,
    { estimate, ...unknown },
  ]);
  const bare = Object.entries(facts).map(([name, estimate]): [string, MapNumber] => [
    name,
    { estimate },
  ]);
  // The network's own numbers before those of the untrained one.
  const rank = ([path]: readonly [string, MapNumber]) =>
    /^(above)?untrained\./i.test(path) ? 1 : 0;
  return new Map([...ended, ...withoutEnds, ...bare].sort((a, b) => rank(a) - rank(b)));
}

/**
 * The degrees of freedom of a number that one class decides, or the images with masks: one less
 * than their units, images or groups. Numbers of all images have no bound.
 */
function decidingUnits(
  { survey: { labels }, maps: { pointing }, keys }: Surveyed,
  groups: Resampling['groups'],
): (name: string) => number {
  const units = unitsByClass(labels, groups);
  const masked = [...Array(labels.length).keys()].filter(
    (image) => pointing !== undefined && !Number.isNaN(pointing[image]),
  );
  const ofMasks = unitsByClass(
    masked.map((image) => labels[image]!),
    groups && masked.map((image) => groups[image]),
  );
  const masks = [...ofMasks.values()].reduce((sum, count) => sum + count, 0);
  return (name) => {
    if (name.startsWith('masks.')) return Math.max(1, masks - 1);
    const label = keys.findIndex((key) => name.startsWith(`${key}.`));
    return label === -1 ? Number.POSITIVE_INFINITY : Math.max(1, (units.get(label) ?? 0) - 1);
  };
}

/** The numbers of a network, those of the untrained one, and the first less the second. */
function withUntrained(trained: Values, untrained?: Values): Values {
  if (untrained === undefined) return trained;
  const above = Object.entries(trained).map(([name, value]) => [name, value - untrained[name]!]);
  return {
    ...trained,
    ...prefixed('untrained', untrained),
    ...prefixed('aboveUntrained', Object.fromEntries(above)),
  };
}

/** The numbers of the mean maps of the classes. */
function numbersOfMeanMaps({ survey: { labels }, maps, keys }: Surveyed): Values {
  const sums = weightedSums({ ...maps, classes: keys.length }, labels);
  const shares = keys.map((key, label) => [`${key}.meanMapTopShare`, topShare(sums[label]!)]);
  return { ...Object.fromEntries(shares), distance: meanDistance(sums) };
}

/** The resampled statistics: means over images. */
function statistics({ survey: { labels }, maps, keys }: Surveyed): (weights: Uint8Array) => Values {
  const { topShares, areas, pointing, overlaps } = maps;
  const regions = [
    ...columnsOf('regions', regionNames, maps.regions),
    ...columnsOf('parts', facePartNames, maps.parts),
  ];
  return (weights) => {
    const ofClass = (key: string, label: number): Values => {
      const mean = (values: Float64Array) =>
        meanOf(values, weights, (image) => labels[image] === label);
      return {
        [`${key}.topShare`]: mean(topShares),
        ...Object.fromEntries(regions.map(({ path, shares }) => [`${key}.${path}`, mean(shares)])),
        [`${key}.halfMassArea`]: mean(areas),
      };
    };
    return {
      topShare: meanOf(topShares, weights),
      ...Object.assign({}, ...keys.map(ofClass)),
      ...(pointing && { 'masks.pointingGame': meanOf(pointing, weights) }),
      ...(overlaps && { 'masks.intersectionOverUnion': meanOf(overlaps, weights) }),
    };
  };
}

/** The columns of `[images, names]` with their paths; none without values. */
const columnsOf = (prefix: string, names: readonly string[], values?: Float64Array) =>
  values === undefined
    ? []
    : names.map((name, column) => ({
        path: `${prefix}.${name}`,
        shares: Float64Array.from(
          { length: values.length / names.length },
          (_, image) => values[image * names.length + column]!,
        ),
      }));

/** The weighted mean of the defined values; NaN without any. */
function meanOf(
  values: Float64Array,
  weights?: Uint8Array,
  counts?: (image: number) => boolean,
): number {
  let sum = 0;
  let total = 0;
  for (let image = 0; image < values.length; image++) {
    const value = values[image]!;
    const weight = weights?.[image] ?? 1;
    if (weight === 0 || Number.isNaN(value) || counts?.(image) === false) continue;
    sum += weight * value;
    total += weight;
  }
  return sum / total;
}

/** The most classes whose distances are given by pair. */
const mostClasses = 15;

/** Numbers about these images alone, without an interval. */
function factsOf({ survey, maps, keys }: Surveyed, { groups, seed }: MeasureOptions): Values {
  const { labels, masks, partAreas, completeness } = survey;
  const of = { ...maps, classes: keys.length };
  const chance = chanceDistance({ labels, groups, ...of }, seed);
  const pairs =
    keys.length === 2 || keys.length > mostClasses ? [] : distancesOf(weightedSums(of, labels));
  const distances = pairs.map(
    ({ labels: [a, b], distance }) => [`distances.${keys[a]}.${keys[b]}`, distance] as const,
  );
  return {
    ...(maps.ceiling !== undefined && { topShareCeiling: maps.ceiling }),
    ...Object.fromEntries(keys.map((key, label) => [`${key}.constantMaps`, maps.constant[label]!])),
    distanceByChance: chance.byChance,
    distanceP: chance.p,
    ...Object.fromEntries(distances),
    ...areasByClass(keys, labels, partAreas),
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

/** The mean areas of the parts of faces by class, and how many images have a face. */
function areasByClass(
  keys: readonly string[],
  labels: ArrayLike<number>,
  partAreas: Float64Array | undefined,
): Values {
  const columns = columnsOf('partAreas', facePartNames, partAreas);
  const [first] = columns;
  if (first === undefined) return {};
  const areas = keys.flatMap((key, label) =>
    columns.map(({ path, shares }) => [
      `${key}.${path}`,
      meanOf(shares, undefined, (image) => labels[image] === label),
    ]),
  );
  const withFace = first.shares.filter((share) => !Number.isNaN(share)).length;
  return { 'faces.images': withFace, ...Object.fromEntries(areas) };
}

/** Without what is known of the images, or of the trained network: the same for both. */
function untrainedFacts(untrained: Surveyed, options: MeasureOptions): Values {
  const { partAreas: _, ...survey } = untrained.survey;
  const { topShareCeiling: __, ...facts } = factsOf({ ...untrained, survey }, options);
  return facts;
}

const prefixed = (prefix: string, numbers: Values): Values =>
  Object.fromEntries(Object.entries(numbers).map(([name, value]) => [`${prefix}.${name}`, value]));
