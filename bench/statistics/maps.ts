import { mapDistance } from '../../src/learning/attribution/map-measures.ts';
import { regionNames } from '../../src/learning/attribution/map-regions.ts';
import {
  type MeasuredSurvey,
  measureSurvey,
} from '../../src/learning/explanations/measure-survey.ts';
import type { MapSurvey, Survey } from '../../src/learning/explanations/survey-split.ts';
import { mean } from '../../src/learning/metrics/arithmetic/mean.ts';
import type { Interval } from '../../src/learning/metrics/intervals/interval.ts';
import { normalQuantile } from '../../src/learning/metrics/intervals/normal-distribution.ts';
import type { Random } from '../../src/random.ts';
import { leadOf } from '../../stages/gradcam/lead.ts';
import { type Design, drawLabels, Evidence } from './populations.ts';
import type { Claim, Scenario } from './tally.ts';

/** The side of the small maps, in cells; a survey has 16, which take 16 times as long. */
const side = 4;
const cells = side ** 2;
/** The deviation of the place of a map's only bump, and the bump's own, in cells. */
const placeDeviation = 0.75;
const bumpDeviation = 0.6;

/** Every measure of an image as a function of its evidence, which is standard normal. */
const measures = {
  /** Skewed, between 0.1 and 1. */
  topShare: (z: number) => 0.1 + 0.9 * logistic(-1.5 + 0.8 * z),
  untrainedTopShare: (z: number) => 0.1 + 0.9 * logistic(-2 + 0.6 * z),
  /** A few maps cover much of the image. */
  area: (z: number) => 0.5 * logistic(-3 + 1.5 * z),
  overlap: (z: number) => logistic(-0.5 + z),
  pointing: (z: number) => (z < normalQuantile(0.85) ? 1 : 0),
} as const;

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** The mean of a measure of normal evidence, by evenly spaced quantiles. */
function meanOf(measure: (z: number) => number): number {
  const size = 20_000;
  return mean(
    Array.from({ length: size }, (_, i) => measure(normalQuantile((2 * i + 1) / (2 * size)))),
  );
}

/** Where the bumps of a class lie in the mean. */
interface Centres {
  readonly real: number;
  readonly fake: number;
}

/** One map of the population: a bump around a place; or, in the mean, of all places. */
function bumpAt(x: number, y: number, spread = 0): Float32Array {
  const variance = bumpDeviation ** 2 + spread ** 2;
  return Float32Array.from({ length: cells }, (_, cell) => {
    const square = ((cell % side) - x) ** 2 + (Math.floor(cell / side) - y) ** 2;
    return Math.exp(-square / (2 * variance));
  });
}

/**
 * Everything that `saliency` and `gradcam` print of maps with bounded, skewed and heavy measures,
 * beside those of an untrained network. The mean maps of the classes are alike or not.
 */
export function mapsScenario(centres: Centres, design: Design, draws: number): Scenario {
  const means = [centres.real, centres.fake].map((x) => bumpAt(x, side / 2, placeDeviation));
  const distance = mapDistance(means[0]!, means[1]!);
  const truths: Readonly<Record<string, number>> = {
    topShare: meanOf(measures.topShare),
    halfMassArea: meanOf(measures.area),
    'masks.pointingGame': 0.85,
    'masks.intersectionOverUnion': meanOf(measures.overlap),
    'untrained.topShare': meanOf(measures.untrainedTopShare),
    'aboveUntrained.topShare': meanOf(measures.topShare) - meanOf(measures.untrainedTopShare),
    'regions.middle': 1 / regionNames.length,
  };
  return {
    name: design.name,
    simulate(random, seed) {
      const drawn = drawSurveys(centres, design, random);
      const options = { classes: ['real', 'fake'], confidence: 0.95, draws, seed };
      const { trained, untrained, groups } = drawn;
      const { methods } = measureSurvey(trained, { ...options, groups }, untrained);
      const numbers = methods.get('gradient')!;
      const claims = Array.from(numbers).flatMap(([path, { low, high }]): readonly Claim[] => {
        const [, net = '', of = '', number] = partsOfPath.exec(path)!;
        const truth = truths[`${net}${number}`] ?? truths[`${of}${number}`];
        if (truth === undefined || low === undefined || high === undefined) return [];
        return [{ name: `${net}${of && '*.'}${number}`, truth, ends: [low, high] }];
      });
      const p = numbers.get('distanceP')!.estimate;
      const tests = distance < 1e-9 ? [{ name: 'distance of mean maps that are alike', p }] : [];
      return { claims, tests };
    },
  };
}

/** The network, the class and the number of a path such as `untrained.real.topShare`. */
const partsOfPath = /^(untrained\.|aboveUntrained\.)?(real\.|fake\.)?(.*)$/;

/** The surveys of a network and of an untrained one on the same images. */
function drawSurveys(centres: Centres, design: Design, random: Random) {
  const { labels, groups } = drawLabels(design, random);
  const evidence = () => new Evidence(random, design);
  const [shares, others, areas, overlaps, pointing, x, y] = Array.from({ length: 7 }, evidence);
  const regions = regionNames.map(evidence);
  const maps = emptyMaps(labels.length, cells);
  const plain = emptyMaps(labels.length);
  for (const [image, label] of labels.entries()) {
    const z = shares!.next();
    maps.topShares[image] = measures.topShare(z);
    plain.topShares[image] = measures.untrainedTopShare(0.7 * z + Math.sqrt(0.51) * others!.next());
    maps.areas[image] = measures.area(areas!.next());
    plain.areas[image] = maps.areas[image]!;
    // Only forgeries have masks.
    const hits = measures.pointing(pointing!.next());
    const overlap = measures.overlap(overlaps!.next());
    maps.pointing[image] = label === 1 ? hits : Number.NaN;
    maps.overlaps[image] = label === 1 ? overlap : Number.NaN;
    // One of them has most of the mass.
    const weights = regions.map((of) => Math.exp(1.5 * of.next()));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (const [r, weight] of weights.entries())
      maps.regions[image * weights.length + r] = weight / total;
    const centre = label === 1 ? centres.fake : centres.real;
    const bump = bumpAt(centre + placeDeviation * x!.next(), side / 2 + placeDeviation * y!.next());
    maps.coarse.set(bump, image * cells);
  }
  return { trained: surveyOf(labels, maps), untrained: surveyOf(labels, plain), groups };
}

/** Maps of so many cells without numbers, all of them zeros. */
const emptyMaps = (images: number, cells = 1) => ({
  method: 'gradient' as const,
  topShares: new Float64Array(images),
  regions: new Float64Array(images * regionNames.length),
  areas: new Float64Array(images),
  pointing: new Float64Array(images),
  overlaps: new Float64Array(images),
  coarse: new Float32Array(images * cells),
  cells,
  means: [undefined, undefined],
  constant: [0, 0],
});

const surveyOf = (labels: readonly number[], maps: MapSurvey): Survey => ({
  indices: Uint32Array.from(labels.keys()),
  labels,
  explained: labels,
  logits: new Float64Array(2 * labels.length),
  maps: [maps],
});

/** The lead of `gradcam` between the two of three networks that are furthest apart. */
export function leadScenario(isEqual: boolean, design: Design, draws: number): Scenario {
  const usual = measures.topShare;
  const broader = (z: number) => 0.1 + 0.9 * logistic(-2.5 + 1.6 * z);
  const shares = [usual, usual, isEqual ? usual : broader];
  const truths = shares.map(meanOf);
  const name = isEqual ? 'lead of equal networks' : 'lead of networks of other shapes';
  return {
    name: design.name,
    simulate(random, seed) {
      const { labels, groups } = drawLabels(design, random);
      const common = new Evidence(random, design);
      const own = shares.map(() => new Evidence(random, design));
      const networks = shares.map(() => emptyMaps(labels.length));
      for (const image of labels.keys()) {
        const z = Math.SQRT1_2 * common.next();
        for (const [n, shareOf] of shares.entries())
          networks[n]!.topShares[image] = shareOf(z + Math.SQRT1_2 * own[n]!.next());
      }
      const cases = networks.map((maps, n) => ({
        name: `${n}`,
        dataset: 'faces',
        survey: surveyOf(labels, maps),
        measured: measuredBy(mean(maps.topShares)),
        groups: groups ?? labels.map(() => undefined),
      }));
      const lead = leadOf(cases, { confidence: 0.95, draws, seed })!;
      const truth = truths[Number(lead.more)]! - truths[Number(lead.less)]!;
      return { claims: [{ name, truth, ends: endsOf(lead.topShare) }] };
    },
  };
}

/** What a lead reads of a measured survey. */
const measuredBy = (estimate: number): MeasuredSurvey => ({
  images: 0,
  keys: [],
  counts: [],
  accuracy: 0,
  isNearChance: false,
  methods: new Map([['gradient', new Map([['topShare', { estimate }]])]]),
});

const endsOf = ({ low, high }: Interval): readonly [number, number] => [low, high];
