import { areaUnderCurve, type ExchangeCurves } from '../../src/learning/attribution/faithfulness/insertion-deletion.ts';
import type { RandomisedDepth } from '../../src/learning/attribution/faithfulness/randomise-layers.ts';
import type { Method } from '../../src/learning/attribution/methods.ts';
import { type CompletenessGap, completenessGap } from '../../src/learning/explanations/completeness-gap.ts';
import { holm } from '../../src/learning/metrics/comparison/holm.ts';
import { pairedDifference } from '../../src/learning/metrics/comparison/paired-difference.ts';
import { signFlipTest } from '../../src/learning/metrics/comparison/sign-flip-test.ts';
import { type BootstrapSample, bootstrapIntervals } from '../../src/learning/metrics/intervals/bootstrap.ts';
import type { Interval } from '../../src/learning/metrics/intervals/interval.ts';
import { mean } from '../../src/learning/metrics/mean.ts';
import { weightedMean } from '../../src/learning/metrics/weights.ts';
import type { MeasuredImage } from './measure-images.ts';
import type { Likeness } from './measure-likeness.ts';

type Estimate = Pick<Interval, 'estimate' | 'low' | 'high'>;

/** A paired difference, with a bootstrap interval, a p-value by sign flips, and that adjusted by Holm over the methods. */
export interface Tested extends Estimate {
  readonly p: number;
  readonly adjustedP: number;
}

/** The measurements of one method; every number is a mean over the images. */
export interface JudgedMethod {
  readonly method: Method;
  /** Area under the insertion curve, 0 to 1; higher is better. */
  readonly insertion: Estimate;
  /** Area under the deletion curve, 0 to 1; lower is better. */
  readonly deletion: Estimate;
  /** The first less the second, -1 to 1; 0 for a random order. */
  readonly contrast: Estimate;
  readonly curves: ExchangeCurves;
  /** At each depth of randomised weights, from the logits down. */
  readonly likeness: readonly Estimate[];
  /** Absent if weights are not randomised. */
  readonly newWeights?: NewWeights;
  /** Of integrated gradients. */
  readonly completeness?: CompletenessGap;
}

/** How similar maps are to the original ones with all weights random, which leaves only image and architecture. */
export interface NewWeights {
  /** The mean over draws of the weights. */
  readonly own: Estimate;
  /** The same with maps of other images: the similarity that the architecture gives all maps. */
  readonly others: Estimate;
  /** The first less the second, image by image: what the image alone decides. */
  readonly excess: Tested;
  /** The same for each draw of the weights; the interval, of images, does not include their spread. */
  readonly byDraw: readonly number[];
}

/** A method with its contrast less that of the control, on the same images. */
export interface RankedMethod extends JudgedMethod {
  readonly overControl: Tested;
}

export interface Judgement {
  /** Draws of all weights; 0 if they are not randomised. */
  readonly weightDraws: number;
  /** The highest contrast first. */
  readonly ranked: readonly RankedMethod[];
  /** All methods, in the order of the settings, the control last. */
  readonly methods: readonly Method[];
  readonly control: JudgedMethod;
  readonly depths: readonly RandomisedDepth[];
  readonly real: number;
  readonly fake: number;
  /** Images whose baseline is given the same class: exchanging their pixels shows little. */
  readonly kept: number;
}

export interface JudgeOptions {
  /** The control is the last. */
  readonly methods: readonly Method[];
  readonly depths: readonly RandomisedDepth[];
  readonly labels: readonly number[];
  readonly groups: readonly (string | undefined)[];
  readonly confidence: number;
  readonly draws: number;
  readonly seed: number;
}

/** Judges methods by images that all were measured on, in the order of the options. */
export function judge(images: readonly MeasuredImage[], options: JudgeOptions): Judgement {
  const { methods, depths, labels, groups, draws, seed, confidence } = options;
  const sample: BootstrapSample = { labels, groups, draws, seed };
  const testAll = (differences: readonly (readonly number[])[]): readonly Tested[] => {
    // The bootstrap's own p-value would be too small for few images, and few people have time for many.
    const ps = differences.map((values) => signFlipTest(values, { groups, draws, seed }));
    const adjusted = holm(ps);
    return differences.map((values, i) => {
      const { difference, low, high } = pairedDifference(sample, meanOf(values), () => 0, confidence);
      return { estimate: difference, low, high, p: ps[i]!, adjustedP: adjusted[i]! };
    });
  };
  const last = methods.length - 1;
  const contrasts = methods.map((_, m) => images.map(({ curves }) => contrastOf(curves[m]!)));
  const overControl = testAll(
    contrasts.slice(0, last).map((own) => own.map((value, i) => value - contrasts[last]![i]!)),
  );
  const likeness = images.flatMap((image) => image.likeness ?? []);
  const excess =
    likeness.length === 0
      ? []
      : testAll(methods.map((_, m) => likeness.map(({ own, others }) => mean(own[m]!) - mean(others[m]!))));
  const judged = methods.map((method, m) => {
    const measured = judgeMethod(method, { m, images, likeness, sample, confidence });
    return excess[m] === undefined
      ? measured
      : { ...measured, newWeights: newWeightsOf(measured, excess[m], m, likeness) };
  });
  return {
    ...{ methods, depths, control: judged[last]! },
    weightDraws: likeness[0]?.own[0]?.length ?? 0,
    ranked: judged
      .slice(0, last)
      .map((method, m) => ({ ...method, overControl: overControl[m]! }))
      .sort((a, b) => b.contrast.estimate - a.contrast.estimate),
    real: labels.filter((label) => label === 0).length,
    fake: labels.filter((label) => label === 1).length,
    kept: images.filter(({ curves }) => curves[0]!.insertion[0]! >= 0.5).length,
  };
}

/** Whether a difference is significantly above or below zero. */
export function sideOf({ estimate, adjustedP }: Tested, confidence: number): 'above' | 'below' | 'neither' {
  if (!(adjustedP < 1 - confidence)) return 'neither';
  return estimate > 0 ? 'above' : 'below';
}

/** Whether maps follow the image when all weights are random: significantly for these images, and for every draw of the weights. */
export function followsImage({ excess, byDraw }: NewWeights, confidence: number): boolean {
  return sideOf(excess, confidence) === 'above' && byDraw.every((of) => of > 0);
}

interface Case {
  /** The method's place among the methods. */
  readonly m: number;
  readonly images: readonly MeasuredImage[];
  /** By image; empty if weights are not randomised. */
  readonly likeness: readonly Likeness[];
  readonly sample: BootstrapSample;
  readonly confidence: number;
}

type Measured = JudgedMethod & { readonly others: Estimate };

function judgeMethod(method: Method, { m, images, likeness, sample, confidence }: Case): Measured {
  const areas = (name: keyof ExchangeCurves) => meanOf(images.map(({ curves }) => areaUnderCurve(curves[m]![name])));
  const depths = likeness[0]?.byDepth[m]?.length ?? 0;
  const means: Record<string, (weights: Float64Array) => number> = {
    insertion: areas('insertion'),
    deletion: areas('deletion'),
    contrast: meanOf(images.map(({ curves }) => contrastOf(curves[m]!))),
    others: meanOf(likeness.map(({ others }) => mean(others[m]!))),
  };
  for (let d = 0; d < depths; d++) means[d] = meanOf(likeness.map(({ byDepth }) => byDepth[m]![d]!));
  const intervals = bootstrapIntervals(
    sample,
    (weights) => Object.fromEntries(Object.entries(means).map(([name, mean]) => [name, mean(weights)])),
    confidence,
  ) as Readonly<Record<'insertion' | 'deletion' | 'contrast' | 'others' | number, Interval>>;
  const curve = (name: keyof ExchangeCurves) =>
    images[0]!.curves[m]![name].map((_, step) => mean(images.map(({ curves }) => curves[m]![name][step]!)));
  const sums = method === 'integrated-gradients' ? images.flatMap(({ completeness }) => completeness ?? []) : [];
  const { insertion, deletion, contrast, others } = intervals;
  return {
    ...{ method, insertion, deletion, contrast, others },
    likeness: Array.from({ length: depths }, (_, d) => intervals[d]!),
    curves: { insertion: curve('insertion'), deletion: curve('deletion') },
    ...(sums.length > 0 && {
      completeness: completenessGap({
        rises: Float64Array.from(sums, ({ rise }) => rise),
        gaps: Float64Array.from(sums, ({ gap }) => gap),
      }),
    }),
  };
}

function newWeightsOf(
  { likeness: byDepth, others }: Measured,
  excess: Tested,
  m: number,
  likeness: readonly Likeness[],
) {
  const byDraw = likeness[0]!.own[m]!.map((_, draw) =>
    meanOf(likeness.map((of) => of.own[m]![draw]! - of.others[m]![draw]!))(new Float64Array(likeness.length).fill(1)),
  );
  return { own: byDepth.at(-1)!, others, excess, byDraw };
}

const contrastOf = ({ insertion, deletion }: ExchangeCurves): number =>
  areaUnderCurve(insertion) - areaUnderCurve(deletion);

/** The weighted mean of the defined values, as a function of the weights. */
function meanOf(values: readonly number[]): (weights: Float64Array) => number {
  const defined = values.flatMap((value, i) => (Number.isNaN(value) ? [] : [i]));
  return (weights) =>
    weightedMean(defined.length, (i) => values[defined[i]!]!, { weights: defined.map((i) => weights[i]!) });
}
