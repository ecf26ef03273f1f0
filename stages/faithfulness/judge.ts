import { areaUnderCurve } from '../../src/learning/attribution/faithfulness/area-under-curve.ts';
import type { ExchangeCurves } from '../../src/learning/attribution/faithfulness/insertion-deletion.ts';
import type { RandomisedDepth } from '../../src/learning/attribution/faithfulness/randomise-layers.ts';
import type { Method } from '../../src/learning/attribution/methods.ts';
import { type CompletenessGap, completenessGap } from '../../src/learning/explanations/completeness-gap.ts';
import { holm } from '../../src/learning/metrics/comparison/holm.ts';
import { type PairedDifference, pairedDifference } from '../../src/learning/metrics/comparison/paired-difference.ts';
import { signFlipTest } from '../../src/learning/metrics/comparison/sign-flip-test.ts';
import { type BootstrapSample, bootstrapIntervals } from '../../src/learning/metrics/intervals/bootstrap.ts';
import type { Interval } from '../../src/learning/metrics/intervals/interval.ts';
import { mean } from '../../src/learning/metrics/mean.ts';
import { weightedMean } from '../../src/learning/metrics/weights.ts';
import type { MeasuredImage } from './measure-images.ts';
import type { Likeness } from './measure-likeness.ts';

/** What the images say of one method; every number is a mean over them. */
export interface JudgedMethod {
  readonly method: Method;
  /** Area under the insertion curve, 0 to 1; higher is better. */
  readonly insertion: Interval;
  /** Area under the deletion curve, 0 to 1; lower is better. */
  readonly deletion: Interval;
  /** The first less the second, -1 to 1; 0 for an order by chance. */
  readonly contrast: Interval;
  readonly curves: ExchangeCurves;
  /** At each depth of randomised weights, from the logits down. */
  readonly likeness: readonly Interval[];
  /** Absent where no weights are randomised. */
  readonly newWeights?: NewWeights;
  /** Of integrated gradients. */
  readonly completeness?: CompletenessGap;
}

/** How like a map is to what it was with all weights new, which leaves the image and the network's shape. */
export interface NewWeights {
  /** The mean over draws of the weights. */
  readonly own: Interval;
  /** With maps of other images in place of its own: what the network's shape gives all alike. */
  readonly others: Interval;
  /** The first less the second, image by image: what the image alone decides. */
  readonly excess: Tested;
  /** The same of each draw of the weights, whose spread the interval, of images, does not hold. */
  readonly byDraw: readonly number[];
}

/** A paired difference, its interval by the bootstrap and its p by sign flips, with that adjusted by Holm over the methods. */
export interface Tested extends PairedDifference {
  readonly adjustedP: number;
}

/** A method with its contrast less that of the control on the same images. */
export interface RankedMethod extends JudgedMethod {
  readonly overControl: Tested;
}

export interface Judgement {
  /** Of all weights; 0 where none are randomised. */
  readonly weightDraws: number;
  /** The highest contrast first. */
  readonly ranked: readonly RankedMethod[];
  /** All, in the order of the settings, the control last. */
  readonly methods: readonly Method[];
  readonly control: JudgedMethod;
  /** The first's contrast less the second's; absent where there is one method. */
  readonly lead?: PairedDifference;
  readonly depths: readonly RandomisedDepth[];
  readonly real: number;
  readonly fake: number;
  /** Images whose baseline has the class too: exchanging their pixels shows little. */
  readonly kept: number;
}

export interface JudgeOptions {
  /** The control among them is the last. */
  readonly methods: readonly Method[];
  readonly depths: readonly RandomisedDepth[];
  readonly labels: readonly number[];
  readonly groups: readonly (string | undefined)[];
  readonly confidence: number;
  readonly draws: number;
  readonly seed: number;
}

/** Judges methods by the images that all were measured on, in their order. */
export function judge(images: readonly MeasuredImage[], options: JudgeOptions): Judgement {
  const { methods, depths, labels, groups, draws, seed, confidence } = options;
  const sample: BootstrapSample = { labels, groups, draws, seed };
  // The bootstrap's own p would be too small of few images, as most people have the time for.
  const meanDifference = (differences: readonly number[]): PairedDifference => ({
    ...pairedDifference(sample, meanOf(differences), () => 0, confidence),
    p: signFlipTest(differences, { groups, draws, seed }),
  });
  const less = (one: readonly number[], other: readonly number[]) =>
    meanDifference(one.map((value, i) => value - other[i]!));
  const contrasts = methods.map((_, m) => images.map(({ curves }) => contrastOf(curves[m]!)));
  const last = methods.length - 1;
  const overControl = tested(methods.slice(0, last).map((_, m) => less(contrasts[m]!, contrasts[last]!)));
  const likeness = images.flatMap((image) => image.likeness ?? []);
  const excess =
    likeness.length === 0 ? [] : tested(methods.map((_, m) => meanDifference(likeness.map((of) => excessOf(of, m)))));
  const judged = methods.map((method, m) =>
    judgeMethod({ method, m, images, likeness, excess: excess[m] }, sample, confidence),
  );
  const ranked = judged
    .slice(0, last)
    .map((method, m) => ({ ...method, overControl: overControl[m]! }))
    .sort((a, b) => b.contrast.estimate - a.contrast.estimate);
  const [first, second] = ranked.map(({ method }) => methods.indexOf(method));
  return {
    ...{ ranked, methods, depths, control: judged[last]! },
    weightDraws: likeness[0]?.own[0]?.length ?? 0,
    ...(second !== undefined && { lead: less(contrasts[first!]!, contrasts[second]!) }),
    real: labels.filter((label) => label === 0).length,
    fake: labels.filter((label) => label === 1).length,
    kept: images.filter(({ curves }) => curves[0]!.insertion[0]! >= 0.5).length,
  };
}

function tested(differences: readonly PairedDifference[]): readonly Tested[] {
  const adjusted = holm(differences.map(({ p }) => p));
  return differences.map((difference, i) => ({ ...difference, adjustedP: adjusted[i]! }));
}

/** Whether a difference can be told from none, and to which side. */
export function sideOf({ difference, adjustedP }: Tested, confidence: number): 'above' | 'below' | 'neither' {
  if (!(adjustedP < 1 - confidence)) return 'neither';
  return difference > 0 ? 'above' : 'below';
}

/** Whether maps follow the image with all weights new: of these images, and with every draw of the weights. */
export function followsImage({ excess, byDraw }: NewWeights, confidence: number): boolean {
  return sideOf(excess, confidence) === 'above' && byDraw.every((of) => of > 0);
}

interface Case {
  readonly method: Method;
  /** Its place among the methods. */
  readonly m: number;
  readonly images: readonly MeasuredImage[];
  /** Of the images; none where no weights are randomised. */
  readonly likeness: readonly Likeness[];
  readonly excess: Tested | undefined;
}

function judgeMethod(
  { method, m, images, likeness, excess }: Case,
  sample: BootstrapSample,
  confidence: number,
): JudgedMethod {
  const of = (value: (image: MeasuredImage) => number) => meanOf(images.map(value));
  const ofLikeness = (value: (of: Likeness) => number) => meanOf(likeness.map(value));
  const depths = likeness[0]?.byDepth[m]?.length ?? 0;
  const means: Record<string, (weights: Float64Array) => number> = {
    insertion: of(({ curves }) => areaUnderCurve(curves[m]!.insertion)),
    deletion: of(({ curves }) => areaUnderCurve(curves[m]!.deletion)),
    contrast: of(({ curves }) => contrastOf(curves[m]!)),
    others: ofLikeness(({ others }) => mean(others[m]!)),
    ...Object.fromEntries(Array.from({ length: depths }, (_, d) => [`${d}`, ofLikeness((of) => of.byDepth[m]![d]!)])),
  };
  const intervals = bootstrapIntervals(
    sample,
    (weights) => Object.fromEntries(Object.entries(means).map(([name, mean]) => [name, mean(weights)])),
    confidence,
  );
  const curve = (name: keyof ExchangeCurves) =>
    images[0]!.curves[m]![name].map((_, step) =>
      weightedMean(images.length, (i) => images[i]!.curves[m]![name][step]!),
    );
  const sums = method === 'integrated-gradients' ? images.flatMap(({ completeness }) => completeness ?? []) : [];
  return {
    method,
    insertion: intervals['insertion']!,
    deletion: intervals['deletion']!,
    contrast: intervals['contrast']!,
    likeness: Array.from({ length: depths }, (_, d) => intervals[`${d}`]!),
    curves: { insertion: curve('insertion'), deletion: curve('deletion') },
    ...(excess !== undefined && {
      newWeights: {
        ...{ own: intervals[`${depths - 1}`]!, others: intervals['others']!, excess },
        byDraw: likeness[0]!.own[m]!.map((_, draw) =>
          ofLikeness(({ own, others }) => own[m]![draw]! - others[m]![draw]!)(new Float64Array(images.length).fill(1)),
        ),
      },
    }),
    ...(sums.length > 0 && {
      completeness: completenessGap({
        rises: Float64Array.from(sums, ({ rise }) => rise),
        gaps: Float64Array.from(sums, ({ gap }) => gap),
      }),
    }),
  };
}

/** Of one image and the method at this place. */
const excessOf = ({ own, others }: Likeness, m: number): number => mean(own[m]!) - mean(others[m]!);

const contrastOf = ({ insertion, deletion }: ExchangeCurves): number =>
  areaUnderCurve(insertion) - areaUnderCurve(deletion);

/** The weighted mean of those that are defined. */
function meanOf(values: readonly number[]): (weights: Float64Array) => number {
  const defined = values.flatMap((value, i) => (Number.isNaN(value) ? [] : [i]));
  return (weights) =>
    weightedMean(defined.length, (i) => values[defined[i]!]!, { weights: defined.map((i) => weights[i]!) });
}
