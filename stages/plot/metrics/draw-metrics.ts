import type { TopLevelSpec } from 'vega-lite';
import { formatLevel, formatList } from '../../../src/format-numbers.ts';
import { findMetric } from '../../../src/learning/metrics/metric-catalogue.ts';
import { parseMetrics } from '../../../src/learning/metrics/metrics-file.ts';
import { readInput, requireKnown } from '../../../src/read-input.ts';
import { StageError } from '../../../src/stage.ts';
import type { DrawForm } from '../forms/draw-form.ts';
import type { PlotSettings } from '../forms/settings.ts';

/**
 * A number of one model's metrics, and what these say of it: `groups` were judged in place of
 * `images`.
 */
export interface MetricItem {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly interval?: readonly [low: number, high: number] | undefined;
  readonly confidence?: number | undefined;
  readonly images?: number | undefined;
  readonly groups?: number | undefined;
  /** How many classes there are, where they are more than two. */
  readonly classes?: number | undefined;
}

/** The options of a chart of metrics: the number's path, its name, and the chart's own settings. */
export type MetricOptions = Readonly<Record<'value' | 'label', string>> &
  Partial<Omit<PlotSettings, 'value' | 'label'>>;

/**
 * Draws a number of every item, those without it left out. Throws a {@link StageError} where no
 * item has it.
 */
export const drawMetrics =
  (draw: (items: readonly MetricItem[], options: MetricOptions) => TopLevelSpec): DrawForm =>
  ({ inputs, settings }) => {
    const { value = 'test.auc' } = settings;
    const known = new Set<string>();
    const items = inputs('metrics').flatMap((input): readonly MetricItem[] => {
      const { values, intervals, confidence } = readInput('metrics', input, parseMetrics);
      for (const key of values.keys()) known.add(key);
      const number = values.get(value) ?? null;
      const count = (what: string) => values.get(`${value.split('.')[0]}.${what}`) ?? undefined;
      const images = count('images');
      const groups = count('groups');
      const of = {
        interval: intervals.get(value),
        confidence,
        images,
        classes: count('classCount'),
      };
      return number === null
        ? []
        : [{ labels: input.labels, value: number, ...of, ...(images === undefined && { groups }) }];
    });
    if (items.length > 0) return draw(items, { label: value, ...settings, value });
    requireKnown('a number of the metrics in "value"', [value], known);
    throw new StageError(`Expected a number "${value}" in the metrics, got null in all of them.`);
  };

/**
 * The level of chance of a number; undefined where it depends on the classes, or is that of two and
 * there are more.
 */
export function chanceOf(value: string, items: readonly MetricItem[]): number | undefined {
  const metric = findMetric(value);
  const isOfTwo =
    metric?.name === 'balancedAccuracy' && items.some(({ classes }) => classes !== undefined);
  return isOfTwo ? undefined : metric?.chance;
}

export const axesOf = (items: readonly MetricItem[]): readonly string[] => [
  ...new Set(items.flatMap(({ labels }) => Object.keys(labels))),
];

/** `95 %`, or `confidence` where metrics do not say; undefined without any interval. */
export function levelOf(confidences: readonly (number | undefined)[]): string | undefined {
  if (confidences.length === 0) return undefined;
  const levels = [...new Set(confidences)];
  return levels.every((level) => level !== undefined)
    ? formatList(levels.map(formatLevel))
    : 'confidence';
}
