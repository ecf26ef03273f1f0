import type { TopLevelSpec } from 'vega-lite';
import {
  formatCountOf,
  formatCountRange,
  formatEnds,
  formatLevel,
  formatList,
  formatMetric,
} from '../../../src/format-numbers.ts';
import { withLabels } from '../../../src/learning/charts/chart-title.ts';
import { chart, domainOf } from '../../../src/learning/charts/encoders.ts';
import { intervalRows } from '../../../src/learning/charts/interval-rows.ts';
import { nameSeries } from '../../../src/learning/charts/series.ts';
import { textWidth } from '../../../src/learning/charts/text-width.ts';
import { chanceLevel, findMetric } from '../../../src/learning/metrics/metric-catalogue.ts';
import type { DrawForm } from '../inputs.ts';
import { type MetricItem, readMetrics, usualValue } from './read-metrics.ts';

export const draw: DrawForm = (context) => {
  const { value = usualValue, label = value, order = 'descending', title } = context.settings;
  return forestChart(readMetrics(context), { value, label, order, title });
};

interface ForestOptions {
  /** The number's path. */
  readonly value: string;
  /** What it is called. */
  readonly label: string;
  readonly order: 'given' | 'descending' | 'ascending';
  readonly title?: string | undefined;
}

const width = 250;

/** A number of each model with its interval, as marks and as text; ruled is the level of chance, or 0 among differences. */
export function forestChart(items: readonly MetricItem[], { value, label, order, title }: ForestOptions): TopLevelSpec {
  const { names, shared } = nameSeries(items.map(({ labels }) => labels));
  const rows = items.map((item, index) => {
    const [low, high] = item.interval ?? [Number.NaN, Number.NaN];
    const ends = formatEnds({ low, high }, formatMetric);
    const text = formatMetric(item.value) + (ends && ` (${ends})`);
    return { name: names[index] || label, value: item.value, low, high, text };
  });
  if (order !== 'given') rows.sort((a, b) => (order === 'descending' ? b.value - a.value : a.value - b.value));
  const metric = findMetric(value);
  const drawn = rows.flatMap(({ value, low, high }) => [value, low, high]).filter((one) => !Number.isNaN(one));
  const isDifference = drawn.some((one) => one < 0) && drawn.some((one) => one > 0);
  const ruled = (metric && chanceLevel(metric)) ?? (isDifference ? 0 : undefined);
  const domain = domainOf([...drawn, ruled ?? Number.NaN], metric?.range);
  const room = Math.max(...rows.map(({ text }) => textWidth(text, 12)));
  return chart(
    title ?? withLabels(items.length === 1 ? label : `${label} by model`, shared),
    subtitle(items),
    width + room + 90,
    intervalRows(rows, { dataName: 'models', label, domain, width, longestName: 280, ruled }),
  );
}

function subtitle(items: readonly MetricItem[]): string {
  const countsOf = (unit: 'image' | 'group') => {
    const counts = items.flatMap((item) => item[`${unit}s`] ?? []);
    return counts.length < items.length ? undefined : `n = ${formatCountRange(counts, unit)}`;
  };
  const n = countsOf('image') ?? countsOf('group') ?? formatCountOf(items.length, 'model');
  const level = levelOf(items.filter(({ interval }) => interval !== undefined));
  return level === undefined ? n : `${n}; lines: ${level} intervals`;
}

/** `95 %`, or `confidence` where metrics do not say; undefined without any interval. */
export function levelOf(items: readonly Pick<MetricItem, 'confidence'>[]): string | undefined {
  if (items.length === 0) return undefined;
  const levels = [...new Set(items.map(({ confidence }) => confidence))];
  return levels.every((level) => level !== undefined) ? formatList(levels.map(formatLevel)) : 'confidence';
}
