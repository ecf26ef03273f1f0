import type { TopLevelSpec } from 'vega-lite';
import { decimalsOf, formatList } from '../../../src/format-numbers.ts';
import { chartTitle } from '../../../src/learning/charts/chart-title.ts';
import { fittedLabels } from '../../../src/learning/charts/fit-text.ts';
import { textWidth } from '../../../src/learning/charts/text-width.ts';
import type { Heatmap } from './heatmap-cells.ts';
import { formatValue } from './read-metrics.ts';

interface Options {
  /** What the number is called. */
  readonly label: string;
  readonly title?: string | undefined;
}

/** A side that the chart should not exceed, and how large cells are. */
const most = 400;
const largest = [110, 56] as const;
const least = 44;

/** A cell for each pair of values, the darker the greater, with the number in it. */
export function heatmapChart(map: Heatmap, { label, title }: Options): TopLevelSpec {
  const { rows, columns, cells, over } = map;
  const values = cells.map(({ value }) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const shown = (value: number) => formatValue(value, decimalsOf(values));
  const widest = Math.max(...values.map((value) => textWidth(shown(value), 12)));
  const width = Math.max(least, Math.ceil(widest) + 8, Math.min(largest[0], most / columns.values.length));
  const tilted = columns.values.some((name) => textWidth(name, 12) > width - 6);
  const x = {
    field: 'column',
    type: 'nominal' as const,
    title: columns.name,
    scale: { domain: [...columns.values], paddingInner: 0.03, paddingOuter: 0 },
    axis: { domain: false, ticks: false, labelAngle: tilted ? -40 : 0, ...fittedLabels(columns.values, 160) },
  };
  const y = {
    ...x,
    field: 'row',
    title: rows.name,
    scale: { ...x.scale, domain: [...rows.values] },
    axis: { domain: false, ticks: false, ...fittedLabels(rows.values, 220), maxExtent: 280 }, // the usual one puts the title into long labels
  };
  return {
    title: chartTitle(
      title ?? finding(map, label, shown),
      subtitle(cells, over),
      Math.max(360, width * columns.values.length + 100),
    ),
    data: {
      name: 'cells',
      values: cells.map((cell) => ({
        ...cell,
        value: Number(cell.value.toPrecision(7)),
        text: shown(cell.value),
      })),
    },
    width: { step: width },
    height: { step: Math.min(largest[1], Math.max(28, width * 0.6)) },
    layer: [
      {
        mark: { type: 'rect' },
        encoding: {
          ...{ x, y },
          color: {
            field: 'value',
            type: 'quantitative',
            // From light to dark, so that a print in grey keeps the order; one value alone is light.
            scale: { domain: low === high ? [low, low + 1] : [low, high], scheme: 'blues' },
            legend: null,
          },
        },
      },
      {
        mark: { type: 'text' },
        encoding: {
          ...{ x, y },
          text: { field: 'text', type: 'nominal' },
          color: {
            condition: { test: `datum.value > ${low === high ? high : low + 0.55 * (high - low)}`, value: '#ffffff' },
            value: '#222222',
          },
        },
      },
    ],
  };
}

/** On one and the same axis twice, the diagonal against the rest; else between which cells the numbers lie. */
function finding({ rows, columns, cells }: Heatmap, label: string, shown: (value: number) => string): string {
  const isSquare =
    rows.values.length > 1 &&
    rows.values.every((name) => columns.values.includes(name)) &&
    rows.values.length === columns.values.length;
  const mean = (some: readonly { readonly value: number }[]) =>
    shown(some.reduce((sum, { value }) => sum + value, 0) / some.length);
  const [same, other] = [
    cells.filter(({ row, column }) => row === column),
    cells.filter(({ row, column }) => row !== column),
  ];
  if (isSquare && same.length > 0 && other.length > 0) {
    return `${label} is ${mean(same)} where ${rows.name} and ${columns.name} are the same, ${mean(other)} elsewhere, in the mean`;
  }
  const sorted = [...cells].sort((a, b) => a.value - b.value);
  const [first, last] = [sorted[0]!, sorted.at(-1)!].map(
    ({ row, column, value }) => `${shown(value)} (${row}, ${column})`,
  );
  return sorted.length === 1 ? `${label} is ${first}` : `${label} is ${first} to ${last}`;
}

function subtitle(cells: Heatmap['cells'], over: readonly string[]): string {
  const counts = cells.map(({ count }) => count);
  const [fewest, most] = [Math.min(...counts), Math.max(...counts)];
  if (most === 1) return 'One number in each cell';
  const of = fewest === most ? `${most}` : `${fewest} to ${most}`;
  return `Each cell is the mean of ${of} numbers${over.length === 0 ? '' : `, over ${formatList(over)}`}`;
}
