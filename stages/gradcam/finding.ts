import { formatCount, formatCountOf, formatShare } from '../../src/format-numbers.ts';
import { formatSharing, numberAt, signed } from '../../src/learning/explanations/format-measured.ts';
import type { Numbers } from '../../src/learning/explanations/map-metrics.ts';
import type { Survey } from '../../src/learning/explanations/survey-split.ts';
import { type BootstrapSample, bootstrapInterval } from '../../src/learning/metrics/intervals/bootstrap.ts';
import type { Interval } from '../../src/learning/metrics/intervals/interval.ts';

/** A model of which something is said. */
export interface FoundCase {
  readonly name: string;
  /** Of the data set: models of one may share images. */
  readonly dataset: string;
  readonly survey: Survey;
  readonly numbers: Numbers;
  readonly groups: BootstrapSample['groups'];
}

/** How much more the most concentrated maps hold than the least, by the images that both models have a map of. */
export interface Lead {
  readonly more: string;
  readonly less: string;
  /** Of which both have one that is not zero. */
  readonly images: number;
  readonly topShare: Interval;
}

/** The cases whose first maps say something, by what their most salient tenth holds, least first. */
function ranked(cases: readonly FoundCase[]): readonly FoundCase[] {
  const shareOf = (each: FoundCase) => numberAt(firstOf(each), 'topShare').value;
  return cases.filter((each) => shareOf(each) !== null).sort((one, other) => shareOf(one)! - shareOf(other)!);
}

const firstOf = ({ survey, numbers }: FoundCase) => numbers[survey.maps[0]!.method] as Numbers;

/**
 * Of the first method, the difference of the two models that are furthest apart. They were chosen for that, so its interval
 * allows for every pair that there is (Bonferroni). Undefined where fewer than two have maps that say something.
 */
export function leadOf(
  cases: readonly FoundCase[],
  { confidence, draws, seed }: { readonly confidence: number; readonly draws: number; readonly seed: number },
): Lead | undefined {
  const order = ranked(cases);
  const [less, more] = [order[0], order.at(-1)];
  if (less === undefined || more === undefined || less === more) return undefined;
  const { labels, topShares } = { labels: more.survey.labels, topShares: more.survey.maps[0]!.topShares };
  const others = new Map(
    Array.from(less.survey.indices, (index, place) => [index, less.survey.maps[0]!.topShares[place]!]),
  );
  const places = more.dataset === less.dataset ? [...more.survey.indices.keys()] : [];
  const differences = places.map(
    (place) => topShares[place]! - (others.get(more.survey.indices[place]!) ?? Number.NaN),
  );
  const both = places.filter((place) => !Number.isNaN(differences[place]!));
  const sample = {
    ...{ labels: both.map((place) => labels[place]!), draws, seed },
    groups: more.groups && both.map((place) => more.groups![place]),
  };
  const mean = (weights: Float64Array) => {
    const sum = both.reduce((total, place, i) => total + weights[i]! * differences[place]!, 0);
    return sum / weights.reduce((total, weight) => total + weight, 0);
  };
  const pairs = (cases.length * (cases.length - 1)) / 2;
  const topShare = bootstrapInterval(sample, mean, 1 - (1 - confidence) / pairs);
  return { more: more.name, less: less.name, images: both.length, topShare };
}

/** How concentrated the first method's maps are: of the only model beside its untrained self, else of the least and the most. */
export function findingOf(cases: readonly FoundCase[]): string {
  const order = ranked(cases);
  const [least, most] = [order[0], order.at(-1)];
  if (least === undefined || most === undefined) return 'every map is zero everywhere';
  const hold = 'the most salient 10 % of pixels hold';
  if (least !== most) return `${hold} from ${shareText(least)} to ${shareText(most)} of a map`;
  const untrained = numberAt(firstOf(least), 'untrained.topShare').value;
  const beside = cases.length > 1 || untrained === null ? '' : `, untrained ${formatShare(untrained)}`;
  return `${hold} ${shareText(least)} of a map${beside}`;
}

/** Such as `37.6 % (33.0–41.0 %; tiny-xception, 31 of 60 maps)`. */
function shareText(each: FoundCase): string {
  const { value, ends } = numberAt(firstOf(each), 'topShare');
  const share = formatSharing({ value, ends });
  const notes = [each.name, mapsText(each)].filter((note) => note !== '').join(', ');
  if (notes === '') return share;
  return ends === null ? `${share} (${notes})` : `${share.slice(0, -1)}; ${notes})`;
}

/** Of how many maps a mean is, where some are the same everywhere. */
function mapsText({ survey }: FoundCase): string {
  const all = survey.labels.length;
  const constant = survey.maps[0]!.constant.reduce((sum, count) => sum + count, 0);
  return constant === 0 ? '' : `${formatCount(all - constant)} of ${formatCountOf(all, 'map')}`;
}

/** Whether the models that a title compares can be told apart, as a sentence. */
export function leadText({ more, less, images, topShare }: Lead): string {
  if (images === 0) return `No image has a map by both ${more} and ${less}, so the difference may be the images'.`;
  const { estimate, low, high } = topShare;
  const ends = Number.isNaN(low) ? '' : ` (${signed(100 * low, 1)} to ${signed(100 * high, 1)})`;
  const by = `${signed(100 * estimate, 1)} points${ends}`;
  const on = `On the ${formatCountOf(images, 'image')} with a map by both, those of ${more} hold ${by} against ${less}`;
  return low > 0 || high < 0 ? `${on}.` : `${on}, which does not tell them apart.`;
}
