import type { TopLevelSpec } from 'vega-lite';
import {
  formatCountOf,
  formatCountRange,
  formatEnds,
  formatMetric,
} from '../../../src/format-numbers.ts';
import { withLabels } from '../../../src/learning/charts/chart-title.ts';
import { chart, domainOf } from '../../../src/learning/charts/encoders.ts';
import { textWidth } from '../../../src/learning/charts/fonts.ts';
import { intervalRows } from '../../../src/learning/charts/interval-rows.ts';
import { nameSeries } from '../../../src/learning/charts/series.ts';
import { findMetric } from '../../../src/learning/metrics/metric-catalogue.ts';
import {
  chanceOf,
  drawMetrics,
  levelOf,
  type MetricItem,
  type MetricOptions,
} from './draw-metrics.ts';

const width = 250;

/**
 * A number of each model with its interval, as marks and as text; a rule marks the level of chance,
 * or 0 among differences.
 */
export function forestChart(items: readonly MetricItem[], options: MetricOptions): TopLevelSpec {
  const { value, label, order = 'descending', title } = options;
  const { names, shared } = nameSeries(items.map(({ labels }) => labels));
  const rows = items.map((item, index) => {
    const [low, high] = item.interval ?? [Number.NaN, Number.NaN];
    const ends = formatEnds({ low, high }, formatMetric);
    const text = formatMetric(item.value) + (ends && ` (${ends})`);
    return { name: names[index] || label, value: item.value, low, high, text };
  });
  if (order !== 'given')
    rows.sort((a, b) => (order === 'descending' ? b.value - a.value : a.value - b.value));
  const metric = findMetric(value);
  const drawn = rows
    .flatMap(({ value, low, high }) => [value, low, high])
    .filter((value) => !Number.isNaN(value));
  const isDifference = drawn.some((value) => value < 0) && drawn.some((value) => value > 0);
  const ruled = chanceOf(value, items) ?? (isDifference ? 0 : undefined);
  const domain = domainOf([...drawn, ruled ?? Number.NaN], metric?.range);
  const room = Math.max(...rows.map(({ text }) => textWidth(text, 12)));
  return chart(
    title ?? withLabels(items.length === 1 ? label : `${label} by model`, shared),
    subtitle(items),
    width + room + 90,
    intervalRows(rows, { dataName: 'models', label, domain, width, longestName: 280, ruled }),
  );
}

export const draw = drawMetrics(forestChart);

function subtitle(items: readonly MetricItem[]): string {
  const countsOf = (unit: 'image' | 'group') => {
    const counts = items.flatMap((item) => item[`${unit}s`] ?? []);
    return counts.length < items.length ? undefined : `n = ${formatCountRange(counts, unit)}`;
  };
  const n = countsOf('image') ?? countsOf('group') ?? formatCountOf(items.length, 'model');
  const level = levelOf(
    items.flatMap(({ interval, confidence }) => (interval === undefined ? [] : [confidence])),
  );
  return level === undefined ? n : `${n}; lines: ${level} intervals`;
}
