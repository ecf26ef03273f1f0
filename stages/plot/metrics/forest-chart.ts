import type { TopLevelSpec } from 'vega-lite';
import { chartTitle, withLabels } from '../../../src/charts/chart-title.ts';
import { fittedLabels } from '../../../src/charts/fit-text.ts';
import { formatCountOf, formatCountRange, formatLevel, formatList } from '../../../src/charts/format-number.ts';
import { nameSeries } from '../../../src/charts/series.ts';
import { textWidth } from '../../../src/charts/text-width.ts';
import { ink, palette } from '../../../src/charts/theme.ts';
import { formatValue, type MetricItem } from './read-metrics.ts';

interface ForestOptions {
  /** The number's name. */
  readonly value: string;
  readonly order: 'given' | 'descending' | 'ascending';
  readonly title?: string | undefined;
}

const width = 250;
const rowHeight = 24;
/** Longer names of models are shortened. */
const longestName = 280;

/** A number of each model as a square, its interval as a line, both as text at the right; chance is ruled for an AUC. */
export function forestChart(items: readonly MetricItem[], { value, order, title }: ForestOptions): TopLevelSpec {
  const { names, shared } = nameSeries(items.map(({ labels }) => labels));
  const rows = items.map((item, index) => ({ name: names[index] || value, ...item, text: textOf(item) }));
  if (order !== 'given') rows.sort((a, b) => (order === 'descending' ? b.value - a.value : a.value - b.value));
  const chance = value.split('.').at(-1) === 'auc' ? 0.5 : undefined;
  const drawn = [
    ...rows.flatMap((row) => [row.value, ...(row.interval ?? [])]),
    ...(chance === undefined ? [] : [chance]),
  ];
  const [low, high] = [Math.min(...drawn), Math.max(...drawn)];
  const margin = 0.04 * (high - low) || 0.05 * Math.abs(high) || 1;
  const x = (field: string) => ({
    field,
    type: 'quantitative' as const,
    title: value,
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
    title: chartTitle(title ?? withLabels(finding(rows, value, order), shared), subtitle(items), width + room + 90),
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
      ...(chance === undefined ? [] : [chanceRule(chance, x('chance'))]),
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

function chanceRule(chance: number, x: object) {
  const mark = { type: 'rule' as const, color: ink.medium, strokeDash: [4, 4] };
  return { data: { values: [{ chance }] }, mark, encoding: { x } };
}

const textOf = ({ value, interval }: MetricItem) =>
  interval === undefined
    ? formatValue(value)
    : `${formatValue(value)} (${formatValue(interval[0])} to ${formatValue(interval[1])})`;

function finding(
  rows: readonly { readonly name: string; readonly value: number; readonly text: string }[],
  value: string,
  order: ForestOptions['order'],
): string {
  const sorted = [...rows].sort((a, b) => b.value - a.value);
  const [first, extreme] = order === 'ascending' ? [sorted.at(-1)!, 'lowest'] : [sorted[0]!, 'highest'];
  return rows.length === 1 ? `${value} is ${first.text}` : `${first.name} has the ${extreme} ${value}: ${first.text}`;
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
