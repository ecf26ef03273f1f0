import {
  areaUnderCurve,
  type ExchangeCurves,
} from '../../src/learning/attribution/faithfulness/insertion-deletion.ts';
import type { RandomisedDepth } from '../../src/learning/attribution/faithfulness/randomise-layers.ts';
import type { Method } from '../../src/learning/attribution/methods.ts';
import { completenessGap } from '../../src/learning/explanations/completeness-gap.ts';
import { mean } from '../../src/learning/metrics/arithmetic/mean.ts';
import { weightedMean } from '../../src/learning/metrics/arithmetic/weights.ts';
import { holm } from '../../src/learning/metrics/comparison/holm.ts';
import { pairedDifference } from '../../src/learning/metrics/comparison/paired-difference.ts';
import { signFlipTest } from '../../src/learning/metrics/comparison/sign-flip-test.ts';
import {
  type BootstrapSample,
  bootstrapIntervals,
  onAllImages,
} from '../../src/learning/metrics/intervals/bootstrap.ts';
import type {
  Estimate,
  Interval,
  IntervalOptions,
} from '../../src/learning/metrics/intervals/interval.ts';
import type { MeasuredImage } from './measure-images.ts';

/**
 * A paired difference, with a bootstrap interval, a p-value by sign flips, and that adjusted by
 * Holm over the methods.
 */
export interface Tested extends Estimate {
  readonly p: number;
  readonly adjustedP: number;
}

/** The verdict on all methods. */
export type Judgement = ReturnType<typeof judge>;
/** The measurements of one method; every number is a mean over the images. */
export type JudgedMethod = ReturnType<typeof judgeMethod>;
/** A method with its contrast minus that of the control, on the same images. */
export type RankedMethod = JudgedMethod & { readonly overControl: Tested };

/**
 * The options for all methods, the last of which is the control; `labels` and `groups` are those of
 * the images.
 */
interface JudgeOptions extends IntervalOptions {
  readonly classes: number;
  readonly methods: readonly Method[];
  readonly depths: readonly RandomisedDepth[];
  readonly labels: readonly number[];
  readonly groups: readonly (string | undefined)[];
}

/** Every number is a mean over the images. */
const perImage = { perImage: true } as const;

/** Judges methods by the images on which all were measured. */
export function judge(images: readonly MeasuredImage[], options: JudgeOptions) {
  const { methods, depths, labels, groups, draws, seed, confidence, classes } = options;
  const testAll = (differences: readonly (readonly number[])[]): readonly Tested[] => {
    // For as few images as people have time for, the bootstrap's own p-value would be too small.
    const ps = differences.map((values) => signFlipTest(values, { groups, draws, seed }));
    const adjusted = holm(ps);
    return differences.map((values, i) => {
      const { difference, low, high } = pairedDifference(
        options,
        meanOf(values),
        () => 0,
        confidence,
        perImage,
      );
      return { estimate: difference, low, high, p: ps[i]!, adjustedP: adjusted[i]! };
    });
  };
  const last = methods.length - 1;
  const contrasts = methods.map((_, m) => images.map(({ curves }) => contrastOf(curves[m]!)));
  const margins = contrasts
    .slice(0, last)
    .map((values) => values.map((value, i) => value - contrasts[last]![i]!));
  const overControl = testAll(margins);
  const likeness = images.flatMap((image) => image.likeness ?? []);
  const excess =
    likeness.length === 0
      ? []
      : testAll(
          methods.map((_, m) =>
            likeness.map(({ own, others }) => mean(own[m]!) - mean(others[m]!)),
          ),
        );
  const judged = methods.map((_, m) => judgeMethod(m, images, options, excess[m]));
  return {
    /** Draws of all weights; 0 if they are not randomised. */
    weightDraws: likeness[0]?.own[0]?.length ?? 0,
    /** The highest contrast first. */
    ranked: judged
      .slice(0, last)
      .map((method, m): RankedMethod => ({ ...method, overControl: overControl[m]! }))
      .sort((a, b) => b.contrast.estimate - a.contrast.estimate),
    /** All methods, in the order of the settings, the control last. */
    methods,
    control: judged[last]!,
    depths,
    images: images.length,
    ...(classes === 2 && {
      negative: labels.filter((label) => label === 0).length,
      positive: labels.filter((label) => label === 1).length,
    }),
    /**
     * Images whose baseline has a probability of the class of at least 0.5: exchanging their pixels
     * shows little.
     */
    kept: images.filter(({ curves }) => curves[0]!.insertion[0]! >= 0.5).length,
  };
}

/** Whether a difference is significantly above or below zero. */
export function sideOf(
  { estimate, adjustedP }: Tested,
  confidence: number,
): 'above' | 'below' | 'neither' {
  if (!(adjustedP < 1 - confidence)) return 'neither';
  return estimate > 0 ? 'above' : 'below';
}

/**
 * Whether maps follow the image when all weights are random: significantly for these images, and
 * for every draw of the weights.
 */
export function followsImage(
  { excess, byDraw }: NonNullable<JudgedMethod['newWeights']>,
  confidence: number,
): boolean {
  return sideOf(excess, confidence) === 'above' && byDraw.every((of) => of > 0);
}

function judgeMethod(
  m: number,
  images: readonly MeasuredImage[],
  options: JudgeOptions & BootstrapSample,
  excess: Tested | undefined,
) {
  const { methods, depths, confidence } = options;
  const likeness = images.flatMap((image) => image.likeness ?? []);
  const areas = (name: keyof ExchangeCurves) =>
    meanOf(images.map(({ curves }) => areaUnderCurve(curves[m]![name])));
  const means = {
    insertion: areas('insertion'),
    deletion: areas('deletion'),
    contrast: meanOf(images.map(({ curves }) => contrastOf(curves[m]!))),
    others: meanOf(likeness.map(({ others }) => mean(others[m]!))),
    ...Object.fromEntries(
      depths.map((_, d) => [d, meanOf(likeness.map(({ byDepth }) => byDepth[m]![d]!))]),
    ),
  };
  const intervals = bootstrapIntervals(
    options,
    (weights) =>
      Object.fromEntries(Object.entries(means).map(([name, mean]) => [name, mean(weights)])),
    confidence,
    () => perImage,
  ) as Readonly<Record<'insertion' | 'deletion' | 'contrast' | 'others' | number, Interval>>;
  const curve = (name: keyof ExchangeCurves) =>
    images[0]!.curves[m]![name].map((_, step) =>
      mean(images.map(({ curves }) => curves[m]![name][step]!)),
    );
  const { insertion, deletion, contrast, others } = intervals;
  const byDraw =
    excess &&
    likeness[0]!.own[m]!.map((_, draw) =>
      onAllImages(options, meanOf(likeness.map((of) => of.own[m]![draw]! - of.others[m]![draw]!))),
    );
  return {
    method: methods[m]!,
    /** Area under the insertion curve, 0 to 1; higher is better. */
    insertion,
    /** Area under the deletion curve, 0 to 1; lower is better. */
    deletion,
    /** The first minus the second, -1 to 1; 0 for a random order. */
    contrast,
    curves: { insertion: curve('insertion'), deletion: curve('deletion') },
    /** At each depth of randomised weights, from the logits down. */
    likeness: depths.map((_, d) => intervals[d]!),
    /**
     * How similar maps are to the original ones with all weights random, which leaves only image
     * and architecture: the mean over draws of the weights; the same with maps of other images, the
     * similarity that the architecture gives all maps; and the first minus the second, image by
     * image: what the image alone decides. The intervals, of images, do not include the spread of
     * the draws.
     */
    newWeights: excess && { own: intervals[depths.length - 1]!, others, excess, byDraw: byDraw! },
    /** For integrated gradients only. */
    completeness: methods[m] === 'integrated-gradients' ? completenessOf(images) : undefined,
  };
}

function completenessOf(images: readonly MeasuredImage[]) {
  const sums = images.flatMap(({ completeness }) => completeness ?? []);
  if (sums.length === 0) return undefined;
  return completenessGap({
    rises: Float64Array.from(sums, ({ rise }) => rise),
    gaps: Float64Array.from(sums, ({ gap }) => gap),
  });
}

const contrastOf = ({ insertion, deletion }: ExchangeCurves): number =>
  areaUnderCurve(insertion) - areaUnderCurve(deletion);

/** The weighted mean of the defined values, as a function of the weights. */
function meanOf(values: readonly number[]): (weights: Uint8Array) => number {
  const defined = values.flatMap((value, i) => (Number.isNaN(value) ? [] : [i]));
  return (weights) =>
    weightedMean(defined.length, (i) => values[defined[i]!]!, {
      weights: defined.map((i) => weights[i]!),
    });
}
