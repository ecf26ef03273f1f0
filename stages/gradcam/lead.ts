import type { SurveyedCase } from '../../src/learning/explanations/survey-models.ts';
import { bootstrapInterval } from '../../src/learning/metrics/intervals/bootstrap.ts';
import { weightedMean } from '../../src/learning/metrics/weights.ts';
import type { Case } from './open-cases.ts';
import type { GradcamSettings } from './spec.ts';

type LeadCase = Pick<Case & SurveyedCase, 'name' | 'dataset' | 'survey' | 'measured' | 'groups'>;

export type Lead = NonNullable<ReturnType<typeof leadOf>>;

/**
 * How much more concentrated the maps of one model are than those of another, by the first method, for the two models that are
 * furthest apart, on the images for which both maps are not zero. Since they were selected for that, the interval allows for
 * every possible pair (Bonferroni). Undefined if fewer than two models have maps that are not zero.
 */
export function leadOf(
  cases: readonly LeadCase[],
  { confidence, draws, seed }: Pick<GradcamSettings, 'confidence' | 'draws' | 'seed'>,
) {
  const shareOf = ({ measured }: LeadCase) => [...measured.methods.values()][0]!.get('topShare')!.estimate;
  const ranked = cases.filter((one) => !Number.isNaN(shareOf(one))).sort((one, two) => shareOf(one) - shareOf(two));
  const [less, more] = [ranked[0], ranked.at(-1)];
  if (less === undefined || more === undefined || less === more) return undefined;
  const topShares = ({ survey }: LeadCase) => survey.maps[0]!.topShares;
  const others = new Map(Array.from(less.survey.indices, (index, place) => [index, topShares(less)[place]!]));
  const both = Array.from(more.survey.indices, (index, place) => ({
    ...{ label: more.survey.labels[place]!, group: more.groups[place] },
    difference: topShares(more)[place]! - (others.get(index) ?? Number.NaN),
  })).filter(({ difference }) => more.dataset === less.dataset && !Number.isNaN(difference));
  const sample = { labels: both.map(({ label }) => label), groups: both.map(({ group }) => group), draws, seed };
  const mean = (weights: Uint8Array) => weightedMean(both.length, (i) => both[i]!.difference, { weights });
  const pairs = (cases.length * (cases.length - 1)) / 2;
  const topShare = bootstrapInterval(sample, mean, 1 - (1 - confidence) / pairs);
  return { more: more.name, less: less.name, images: both.length, topShare };
}
