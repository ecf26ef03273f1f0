import {
  formatCount,
  formatCountOf,
  formatCountRange,
  formatDecimal,
  formatEstimate,
  formatLevel,
  formatList,
  formatRange,
} from '../../src/format-numbers.ts';
import { groupOver, seriesName } from '../../src/learning/charts/series.ts';
import { mean } from '../../src/learning/metrics/arithmetic/mean.ts';
import type { Interval } from '../../src/learning/metrics/intervals/interval.ts';
import type { SideNames } from '../../src/learning/metrics/scores/binary-view.ts';
import type { Unit } from '../../src/learning/metrics/scores/video-settings.ts';
import type { MeasuredModel } from './measure.ts';
import type { RocDetSettings } from './spec.ts';

/** The context of charts and tables: the settings, and the axis values that all models share. */
export type Frame = Omit<RocDetSettings, 'names' | 'by'> &
  RunAxes & {
    /** What is ranked. */
    readonly unit: Unit;
    readonly sides: SideNames;
    /** Where each line is a class against all others: how many classes there are. */
    readonly byClass?: number | undefined;
  };

/** The axes that do not name a model. */
interface RunAxes {
  /** Those in which the runs of one model differ. */
  readonly over: readonly string[];
  /** The axis values that all models share. */
  readonly shared: Readonly<Record<string, string>>;
}

/** A line of a chart: a model, or the runs of one model. */
export interface Line {
  readonly name: string;
  readonly runs: readonly MeasuredModel[];
}

/**
 * Groups the runs of each model, which differ in the axes `over` alone; models are named by the
 * axes that not all share.
 */
export function groupRuns<T extends { readonly labels: Frame['shared'] }>(
  items: readonly T[],
  { over, shared, byClass }: Frame,
) {
  const groups = groupOver(items, [...over, ...Object.keys(shared)]);
  return groups.map(({ labels, items }) => ({
    // A class may have a number for a name.
    name: byClass === undefined ? seriesName(labels) : labels['class']!,
    runs: items,
  }));
}

/** A number of a line, the mean over its runs. */
export const numberOf = ({ runs }: Line, pick: (run: MeasuredModel) => Interval): number =>
  mean(runs.map((run) => pick(run).estimate));

/**
 * A line in a legend: the number of one run with its confidence interval in brackets, or the mean
 * of several with their range in words: `net: 0.829, 0.812 to 0.846 over 3 seeds`.
 */
export function legendName(
  { name, runs }: Line,
  pick: (run: MeasuredModel) => Interval,
  { over }: Frame,
  format: (value: number) => string = formatDecimal,
): string {
  const [first, ...others] = runs as readonly [MeasuredModel, ...MeasuredModel[]];
  const prefix = name === '' ? '' : `${name}: `;
  if (others.length === 0) return prefix + formatEstimate(pick(first), format);
  const values = runs.map((run) => pick(run).estimate);
  const noun = over.length === 1 ? over[0]! : 'run';
  return `${prefix}${format(mean(values))}, ${formatRange(values, format)} over ${formatCountOf(runs.length, noun)}`;
}

export const runsOf = (lines: readonly Line[]): readonly MeasuredModel[] =>
  lines.flatMap(({ runs }) => runs);

export const haveRuns = (lines: readonly Line[]): boolean =>
  lines.some(({ runs }) => runs.length > 1);

/** The title of a legend, which names the numbers of {@link legendName}. */
export function legendTitle(
  measure: string,
  lines: readonly Line[],
  { confidence, over }: Frame,
): string {
  return haveRuns(lines)
    ? `${measure}, mean and range over ${formatList(over)}`
    : `${measure}, ${formatLevel(confidence)} interval`;
}

/**
 * `1,400 cat and 700 dog images in 812 groups`; of models with other images each, the fewest to
 * the most.
 */
export function imagesText(lines: readonly Line[], { unit, sides, byClass }: Frame): string {
  const models = runsOf(lines);
  const count = (of: 'negative' | 'positive') => {
    const counts = models.map((model) => model[of]);
    const least = Math.min(...counts);
    const most = Math.max(...counts);
    return least === most ? formatCount(least) : `${formatCount(least)} to ${formatCount(most)}`;
  };
  const groups = models.flatMap((model) => model.groups ?? []);
  const grouped =
    unit !== 'group' && groups.length > 0
      ? ` in ${formatCountOf(Math.max(...groups), 'group')}`
      : '';
  if (byClass !== undefined) {
    const drawn = lines.length;
    const worst =
      drawn < byClass ? `; the ${drawn} of ${byClass} classes that are ranked worst` : '';
    return `${formatCountOf(models[0]!.negative + models[0]!.positive, unit)}${grouped}, each class against all others${worst}`;
  }
  return `${count('negative')} ${sides[0]} and ${count('positive')} ${sides[1]} ${unit}s${grouped}`;
}

/** Says in a subtitle that a line is several runs; empty if none is. */
export function runsText(lines: readonly Line[], { over }: Frame): string {
  if (!haveRuns(lines)) return '';
  const counts = lines.map(({ runs }) => runs.length);
  return `a line for each ${formatList(over)}, ${formatCountRange(counts, 'run')} of a model`;
}

/** `6 of one, 0 of other`: the images of each model that not all of them scored. */
export function leftOut(
  models: readonly { readonly name: string }[],
  unmatched: readonly number[],
): string {
  return models.map(({ name }, i) => `${formatCount(unmatched[i]!)} of ${name}`).join(', ');
}
