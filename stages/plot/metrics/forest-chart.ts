import type { TopLevelSpec } from 'vega-lite';
import { formatCountOf, formatCountRange, formatLevel, formatList } from '../../../src/format-numbers.ts';
import { chartTitle, withLabels } from '../../../src/learning/charts/chart-title.ts';
import { fittedLabels } from '../../../src/learning/charts/fit-text.ts';
import { nameSeries } from '../../../src/learning/charts/series.ts';
import { textWidth } from '../../../src/learning/charts/text-width.ts';
import { ink, palette } from '../../../src/learning/charts/theme.ts';
import { formatValue, type MetricItem } from './read-metrics.ts';

interface ForestOptions {
  /** The number's path. */
  readonly value: string;
  /** What it is called; its path when left out. */
  readonly label?: string | undefined;
  readonly order: 'given' | 'descending' | 'ascending';
  readonly title?: string | undefined;
}

const width = 250;
const rowHeight = 24;
/** Longer names of models are shortened. */
const longestName = 280;

/**
 * A number of each model as a square, its interval as a line, both as text at the right; ruled are the chance of an AUC, and 0
 * among numbers on both sides of it.
 */
export function forestChart(
  items: readonly MetricItem[],
  { value, label = value, order, title }: ForestOptions,
): TopLevelSpec {
  const { names, shared } = nameSeries(items.map(({ labels }) => labels));
  const rows = items.map((item, index) => ({ name: names[index] || label, ...item, text: textOf(item) }));
  if (order !== 'given') rows.sort((a, b) => (order === 'descending' ? b.value - a.value : a.value - b.value));
  const drawn = rows.flatMap((row) => [row.value, ...(row.interval ?? [])]);
  const isArea = value.split('.').at(-1) === 'auc';
  const isDifference = Math.min(...drawn) < 0 && Math.max(...drawn) > 0;
  const ruled = isArea ? 0.5 : isDifference ? 0 : undefined;
  const [low, high] = [Math.min(...drawn, ruled ?? Infinity), Math.max(...drawn, ruled ?? -Infinity)];
  const margin = 0.04 * (high - low) || 0.05 * Math.abs(high) || 1;
  const x = (field: string) => ({
    field,
    type: 'quantitative' as const,
    title: label,
    scale: { domain: [low - margin, high + margin], nice: false, zero: false },
    axis: { grid: false, tickCount: 4 },
  });
  const y = {
    field: 'name',
    type: 'nominal' as const,
    title: null,
    sort: rows.map(({ name }) => name),
    axis: {
      ...{ domain: false, ticks: false, grid: true },
      ...fittedLabels(
        rows.map(({ name }) => name),
        longestName,
      ),
    },
  };
  const room = Math.max(...rows.map(({ text }) => textWidth(text, 12)));
  return {
    title: chartTitle(title ?? withLabels(finding(rows, label, order), shared), subtitle(items), width + room + 90),
    data: {
      name: 'models',
      values: rows.map(({ name, value, interval, images, text }) => ({
        ...{ name, value },
        ...(interval && { low: interval[0], high: interval[1] }),
        ...(images !== undefined && { images }),
        text,
      })),
    },
    width,
    height: { step: rowHeight },
    layer: [
      ...(ruled === undefined ? [] : [rule(ruled, x('ruled'))]),
      {
        mark: { type: 'rule', color: palette[0], strokeWidth: 2 },
        encoding: { y, x: x('low'), x2: { field: 'high' } },
      },
      {
        mark: { type: 'point', shape: 'square', size: 60, color: palette[0], opacity: 1 },
        encoding: { y, x: x('value') },
      },
      {
        mark: { type: 'text', align: 'left', color: ink.strong },
        encoding: { y, x: { value: width + 12 }, text: { field: 'text', type: 'nominal' } },
      },
    ],
  };
}

function rule(ruled: number, x: object) {
  const mark = { type: 'rule' as const, color: ink.medium, strokeDash: [4, 4] };
  return { data: { values: [{ ruled }] }, mark, encoding: { x } };
}

const textOf = ({ value, interval }: MetricItem) =>
  interval === undefined
    ? formatValue(value)
    : `${formatValue(value)} (${formatValue(interval[0])} to ${formatValue(interval[1])})`;

function finding(
  rows: readonly { readonly name: string; readonly value: number; readonly text: string }[],
  label: string,
  order: ForestOptions['order'],
): string {
  const sorted = [...rows].sort((a, b) => b.value - a.value);
  const [first, extreme] = order === 'ascending' ? [sorted.at(-1)!, 'lowest'] : [sorted[0]!, 'highest'];
  return rows.length === 1 ? `${label} is ${first.text}` : `${first.name} has the ${extreme} ${label}: ${first.text}`;
}

function subtitle(items: readonly MetricItem[]): string {
  const of = (unit: 'image' | 'group') => {
    const counts = items.flatMap((item) => item[`${unit}s`] ?? []);
    return counts.length < items.length ? undefined : `n = ${formatCountRange(counts, unit)}`;
  };
  const n = of('image') ?? of('group') ?? formatCountOf(items.length, 'model');
  const drawn = items.filter(({ interval }) => interval !== undefined);
  if (drawn.length === 0) return n;
  const levels = [...new Set(drawn.map(({ confidence }) => confidence))];
  return levels.every((level) => level !== undefined)
    ? `${n}; lines: ${formatList(levels.map(formatLevel))} intervals`
    : `${n}; lines: confidence intervals`;
}
