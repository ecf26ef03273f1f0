import { decimalsOf, formatCount, formatCountOf, usualDecimals } from '../../src/format-numbers.ts';
import type { BaselineName } from '../../src/learning/attribution/faithfulness/baseline-names.ts';
import { methodTitle } from '../../src/learning/attribution/methods.ts';
import type { ScoreKind } from '../../src/learning/attribution/question.ts';
import { withLabels } from '../../src/learning/charts/chart-title.ts';
import { classText } from '../../src/learning/explanations/score-text.ts';
import type { PairedDifference } from '../../src/learning/metrics/comparison/paired-difference.ts';
import type { Interval } from '../../src/learning/metrics/intervals/interval.ts';
import { type Judgement, sideOf } from './judge.ts';

/** What titles need to know beside the numbers. */
export interface Frame {
  readonly split: string;
  readonly class: string;
  readonly score: ScoreKind;
  /** That class activation maps are taken from. */
  readonly layer: string;
  readonly curveBaseline: BaselineName;
  readonly curveSteps: number;
  readonly confidence: number;
  readonly seed: number;
  /** The user's; else the kind of chart, the split and the axis values of the model stand before the finding. */
  readonly title?: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
}

/** Such as `Insertion and deletion on test, seed 2: …`. */
export const titled = ({ title, split, labels }: Frame, chart: string, finding: string): string =>
  `${title ?? withLabels(`${chart} on ${split}`, labels)}: ${finding}`;

/** Such as `16 real and 16 fake images, each asked about its predicted class`. */
export function imagesText({ real, fake }: Judgement, { class: name }: Frame): string {
  return `${formatCount(real)} real and ${formatCount(fake)} fake images, each asked about ${classText(name)}`;
}

const exchanged: Readonly<Record<BaselineName, string>> = {
  blur: 'the image blurred',
  mean: "the image's mean colour",
  noise: "the image's own pixels in an order of chance",
};

/** Such as `instead of pixels: the image blurred, called that class in 12 of 32 images`. */
export function baselineText({ kept, real, fake }: Judgement, { curveBaseline }: Frame): string {
  return `instead of pixels: ${exchanged[curveBaseline]}, called that class in ${formatCount(kept)} of ${formatCountOf(real + fake, 'image')}`;
}

/** Such as `+0.021 (+0.003 to +0.040)`; a dash where it is undefined. */
export function formatSigned({ difference, low, high }: PairedDifference, decimals = usualDecimals): string {
  if (Number.isNaN(difference)) return '–';
  const [value, ...ends] = [difference, low, high].map((number) => signed(number, decimals));
  return value + (Number.isNaN(low) ? '' : ` (${ends.join(' to ')})`);
}

/** Such as `0.768 (0.742–0.792)`; a dash where it is undefined. */
export function formatInterval({ estimate, low, high }: Interval, decimals = usualDecimals): string {
  const minus = (value: number) => (value < 0 ? signed(value, decimals) : value.toFixed(decimals));
  if (Number.isNaN(estimate)) return '–';
  const [ends, apart] = [[low, high].map(minus), low < 0 ? ' to ' : '–'];
  return minus(estimate) + (Number.isNaN(low) ? '' : ` (${ends.join(apart)})`);
}

const signed = (value: number, decimals: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(decimals)}`;

/** So many as tell the methods apart where they are ranked. */
export const rankingDecimals = ({ ranked }: Judgement): number =>
  decimalsOf([
    0,
    ...ranked.flatMap(({ overControl: { difference, low, high } }) => definedOf([difference, low, high])),
  ]);

/** So many as tell the areas under the curves apart. */
export const areaDecimals = ({ ranked, control }: Judgement): number =>
  Math.max(
    ...(['insertion', 'deletion'] as const).map((name) =>
      decimalsOf([...ranked, control].map((method) => method[name].estimate)),
    ),
  );

const definedOf = (values: readonly number[]): readonly number[] => values.filter((value) => !Number.isNaN(value));

/** Such as `the mean of 5 draws of them`. */
export const drawsText = ({ weightDraws }: Judgement): string =>
  weightDraws === 1
    ? 'one draw of them, of which another may say otherwise'
    : `the mean of ${weightDraws} draws of them`;

/** Such as `2 of 3`, `both` and `all 3`, before what is counted. */
export const someOf = (some: number, all: number): string =>
  some < all ? `${some} of ${all}` : all === 2 ? 'both' : `all ${all}`;

/** Which methods beat the control, and the best of them by how much; or that none does. */
export function rankingFinding(judgement: Judgement, confidence: number): string {
  const { ranked, control, lead } = judgement;
  const better = ranked.filter(({ overControl }) => sideOf(overControl, confidence) === 'above');
  const best = better[0] ?? ranked[0]!;
  const [name, held, by] = [
    methodTitle(best.method),
    methodTitle(control.method),
    formatSigned(best.overControl, rankingDecimals(judgement)),
  ];
  if (ranked.length === 1) return `${name} ${better.length === 1 ? 'beats' : 'cannot be told from'} ${held}, ${by}`;
  if (better.length === 0) return `no method can be told to beat ${held}; ${name}, the first, is at ${by}`;
  if (better.length === 1) return `of ${ranked.length} methods ${name} alone is told to beat ${held}, ${by}`;
  const several = someOf(better.length, ranked.length);
  if (best === ranked[0] && lead!.p < 1 - confidence) return `${several} methods beat ${held}, ${name} by most, ${by}`;
  return `${several} methods beat ${held}, ${name} first but not told from the next, ${by}`;
}
