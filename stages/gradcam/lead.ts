import { formatLevel, formatSigned } from '../../src/format-numbers.ts';
import type { MeasuredSurvey } from '../../src/learning/explanations/measure-survey.ts';
import type { Survey } from '../../src/learning/explanations/survey-split.ts';
import { weightedMean } from '../../src/learning/metrics/arithmetic/weights.ts';
import { bootstrapInterval } from '../../src/learning/metrics/intervals/bootstrap.ts';
import type { IntervalOptions } from '../../src/learning/metrics/intervals/interval.ts';
import type { Highlight } from '../../src/stage.ts';
import type { GradcamSettings } from './spec.ts';

/** A model whose maps are compared with those of others. */
interface LeadCase {
  readonly name: string;
  /** The folder of its data set. */
  readonly dataset: string;
  readonly survey: Survey;
  readonly measured: MeasuredSurvey;
  readonly groups: readonly (string | undefined)[];
}

export type Lead = NonNullable<ReturnType<typeof leadOf>>;

/**
 * How much more concentrated the maps of one model are than those of another, by the first method,
 * for the two models that are furthest apart, on the images for which both maps are not zero. Since
 * they were selected for that, the interval allows for every possible pair (Bonferroni). Undefined
 * if fewer than two models have maps that are not zero.
 */
export function leadOf(cases: readonly LeadCase[], { confidence, draws, seed }: IntervalOptions) {
  const shareOf = ({ measured }: LeadCase) =>
    [...measured.methods.values()][0]!.get('topShare')!.estimate;
  const ranked = cases
    .filter((row) => !Number.isNaN(shareOf(row)))
    .sort((a, two) => shareOf(a) - shareOf(two));
  const less = ranked[0];
  const more = ranked.at(-1);
  if (less === undefined || more === undefined || less === more) return undefined;
  const topShares = ({ survey }: LeadCase) => survey.maps[0]!.topShares;
  const lessByIndex = new Map(
    Array.from(less.survey.indices, (index, i) => [index, topShares(less)[i]!]),
  );
  const both = Array.from(more.survey.indices, (index, i) => ({
    label: more.survey.labels[i]!,
    group: more.groups[i],
    difference: topShares(more)[i]! - (lessByIndex.get(index) ?? Number.NaN),
  })).filter(({ difference }) => more.dataset === less.dataset && !Number.isNaN(difference));
  const sample = {
    labels: both.map(({ label }) => label),
    groups: both.map(({ group }) => group),
    draws,
    seed,
  };
  const mean = (weights: Uint8Array) =>
    weightedMean(both.length, (i) => both[i]!.difference, { weights });
  const pairs = (cases.length * (cases.length - 1)) / 2;
  const topShare = bootstrapInterval(sample, mean, 1 - (1 - confidence) / pairs, {
    perImage: true,
  });
  return { more: more.name, less: less.name, images: both.length, topShare };
}

/** The difference between the two models that are furthest apart. */
export function leadTable(
  { more, less, images, topShare }: Lead,
  { confidence }: GradcamSettings,
): Highlight {
  const points = (share: number) => `${formatSigned(100 * share, 1)} points`;
  const { estimate, low, high } = topShare;
  const ends = Number.isNaN(low) ? 'unknown' : `${points(low)} to ${points(high)}`;
  return {
    title: `The most against the least concentrated maps, on images with a map by both models`,
    columns: [
      'most',
      'least',
      'images',
      'most − least',
      `${formatLevel(confidence)} interval for all pairs`,
    ],
    rows: [[more, less, images, images === 0 ? '–' : points(estimate), ends]],
  };
}
