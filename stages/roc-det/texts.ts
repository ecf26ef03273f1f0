import {
  formatCount,
  formatCountOf,
  formatCountRange,
  formatLevel,
  formatList,
  formatShare,
} from '../../src/format-numbers.ts';
import { withLabels } from '../../src/learning/charts/chart-title.ts';
import {
  type ModelComparison,
  type TestedDifference,
  testNames,
} from '../../src/learning/metrics/comparison/compare-models.ts';
import type { Interval } from '../../src/learning/metrics/intervals/interval.ts';
import { haveRuns, type Line } from './lines.ts';
import type { MeasuredModel } from './measure.ts';

/** What the titles of all charts need to know beside the models. */
export interface Frame {
  readonly split: string;
  /** The user's; else the kind of chart, the split and the axis values that all models share stand before the finding. */
  readonly title?: string | undefined;
  readonly shared: Readonly<Record<string, string>>;
  readonly confidence: number;
  readonly draws: number;
  readonly by: 'image' | 'group';
  /** Whether the DET of one model shows its first score too. */
  readonly bothScores?: boolean;
  /** The axes that runs of one model differ in. */
  readonly over?: readonly string[];
}

/** Such as `ROC on test, seed 2: AUC 0.768`. */
export function titled({ title, split, shared }: Frame, chart: string, finding: string): string {
  return `${title ?? withLabels(`${chart} on ${split}`, shared)}: ${finding}`;
}

/** Such as `0.768 (0.742–0.792)`; without the brackets where the interval is undefined. */
export function formatInterval(interval: Interval): string {
  return bracketed(interval.estimate.toFixed(3), formatEnds(interval, 3));
}

/** A line's number for a title: of one run with its interval, of several with where they lie, which is no interval of their mean. */
export function formatOfLine({ runs }: Line, number: Interval): string {
  if (runs.length === 1) return formatInterval(number);
  const [mean, least, most] = [number.estimate, number.low, number.high].map((value) => value.toFixed(3));
  return `${mean} in the mean of ${formatCountOf(runs.length, 'run')}, ${least} to ${most}`;
}

/** Such as `0.742–0.792`; empty where the interval is undefined. */
export function formatEnds({ low, high }: Interval, digits: number): string {
  return Number.isNaN(low) ? '' : `${low.toFixed(digits)}–${high.toFixed(digits)}`;
}

/** The same in per cent: `23.4 % (20.9–26.1 %)`. */
export function formatShareInterval(interval: Interval): string {
  return bracketed(formatShare(interval.estimate), formatShareEnds(interval));
}

export function formatShareEnds({ low, high }: Interval): string {
  return Number.isNaN(low) ? '' : `${(100 * low).toFixed(1)}–${formatShare(high)}`;
}

function bracketed(value: string, ends: string): string {
  return ends === '' ? value : `${value} (${ends})`;
}

/** Such as `1,400 real and 700 fake images in 812 groups`; of several models with other images each, the fewest to the most. */
export function imagesText(models: readonly MeasuredModel[], { by }: Frame): string {
  const range = (of: (model: MeasuredModel) => number) => {
    const [least, most] = [Math.min(...models.map(of)), Math.max(...models.map(of))];
    return least === most ? formatCount(least) : `${formatCount(least)} to ${formatCount(most)}`;
  };
  const grouped = models.filter(({ groups }) => groups !== undefined);
  const groups =
    grouped.length === 0 ? '' : ` in ${formatCountOf(Math.max(...grouped.map(({ groups }) => groups!)), 'group')}`;
  return `${range(({ real }) => real)} real and ${range(({ fake }) => fake)} fake ${by === 'group' ? 'groups' : 'images'}${by === 'group' ? '' : groups}`;
}

/** What the bands are, where there are some. */
export function bandText(
  { confidence, draws }: Frame,
  series: readonly { readonly band: readonly unknown[] }[],
): string[] {
  const bands = series.filter(({ band }) => band.length > 0).length;
  if (bands === 0) return [];
  return [`${bands === 1 ? 'band' : 'bands'}: ${formatLevel(confidence)}, ${formatCount(draws)} bootstrap draws`];
}

/** `p < 0.001` or `p = 0.034`; says so where there is none. */
export function formatP(p: number): string {
  if (Number.isNaN(p)) return 'no p-value';
  return p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(3)}`;
}

/** `+0.021 (0.003–0.040)`. */
export function formatDifference({ difference, low, high }: TestedDifference): string {
  const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;
  return signed(difference) + (Number.isNaN(low) ? '' : ` (${signed(low)} to ${signed(high)})`);
}

/** What stands in brackets behind the numbers of a legend. */
export function legendTitle(measure: string, lines: readonly Line[], { confidence, over = [] }: Frame): string {
  return haveRuns(lines)
    ? `${measure}, mean and range over ${formatList(over)}`
    : `${measure}, ${formatLevel(confidence)} interval`;
}

/** How a legend calls a line. */
export const lineName = ({ name, runs }: Line): string =>
  name || (runs.length > 1 ? formatCountOf(runs.length, 'run') : '');

/** That a line is several runs, for a subtitle. */
export function runsText(lines: readonly Line[], { over = [] }: Frame): string[] {
  if (!haveRuns(lines)) return [];
  const counts = lines.map(({ runs }) => runs.length);
  return [
    `a line for each ${formatList(over)}, ${formatCountRange(counts, 'run')} of a model, in brackets their range`,
  ];
}

interface NamedArea {
  readonly name: string;
  readonly auc: Interval;
}

/** How the best two of several models stand, for a title; models are sorted by AUC. */
export function leaderText(
  models: readonly NamedArea[],
  pairs: readonly ModelComparison[],
  confidence: number,
): string {
  const [first, second] = models as readonly [NamedArea, NamedArea];
  const auc = formatInterval(first.auc);
  const pair = pairs.find(({ one, other }) => one === 0 && other === 1);
  if (pair === undefined) return `${first.name} has the highest AUC, ${auc}`;
  if (pair.auc.adjustedP < 1 - confidence) {
    // The ranking is of each model's own images, the test of those that all scored.
    if (pair.auc.difference > 0) return `${first.name} leads, AUC ${auc}`;
    return `${first.name} has the highest AUC, ${auc}, but on the same images ${second.name} is better`;
  }
  return `${first.name} is first, AUC ${auc}, but ${second.name} cannot be told from it`;
}

/** The test behind {@link leaderText}, for a subtitle. */
export function leaderTest(models: readonly NamedArea[], pairs: readonly ModelComparison[]): string {
  const pair = pairs.find(({ one, other }) => one === 0 && other === 1);
  if (pair === undefined) return 'No paired test: the models share too few images';
  const test = testNames[pair.auc.test];
  const adjusted = pairs.length > 1 ? '; p adjusted by Holm, the interval not' : '';
  return `AUC against ${models[1]!.name}: ${formatDifference(pair.auc)}, ${formatP(pair.auc.adjustedP)} (${test}${adjusted})`;
}

/** Such as `6 of one, 0 of other`: the images of each model that not all of them scored. */
export function leftOut(models: readonly { readonly name: string }[], unmatched: readonly number[]): string {
  return models.map(({ name }, i) => `${formatCount(unmatched[i]!)} of ${name}`).join(', ');
}
