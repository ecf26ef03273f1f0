import type { TopLevelSpec } from 'vega-lite';
import { decimalsOf, formatList, formatMetric } from '../../../src/format-numbers.ts';
import { chart } from '../../../src/learning/charts/encoders.ts';
import { heatTable } from '../../../src/learning/charts/heat-table.ts';
import { textWidth } from '../../../src/learning/charts/text-width.ts';
import { mean } from '../../../src/learning/metrics/mean.ts';
import { StageError } from '../../../src/stage.ts';
import { thereAre } from '../../../src/suggest.ts';
import type { DrawForm } from '../inputs.ts';
import { type MetricItem, readMetrics, usualValue } from './read-metrics.ts';

export const draw: DrawForm = (context) => {
  const { value = usualValue, label = value, rows, columns, title } = context.settings;
  return heatmapChart(heatmapCells(readMetrics(context), { rows, columns }), { label, title });
};

/** Numbers over two axes. */
export interface Heatmap {
  readonly rows: Axis;
  readonly columns: Axis;
  readonly cells: readonly Cell[];
  /** Further axes, over which a cell is the mean. */
  readonly over: readonly string[];
}

interface Axis {
  readonly name: string;
  /** In the order in which they first come. */
  readonly values: readonly string[];
}

interface Cell {
  readonly row: string;
  readonly column: string;
  readonly value: number;
  /** Numbers that it is the mean of. */
  readonly count: number;
}

/**
 * Puts the numbers into cells by two of their axes: those named, or the two that differ; over others it takes the mean.
 * Throws a {@link StageError} where the axes are not plain.
 */
export function heatmapCells(
  items: readonly MetricItem[],
  wanted: { readonly rows?: string | undefined; readonly columns?: string | undefined },
): Heatmap {
  const valuesOf = (axis: string) => [...new Set(items.flatMap(({ labels }) => labels[axis] ?? []))];
  const axes = [...new Set(items.flatMap(({ labels }) => Object.keys(labels)))];
  const differing = axes.filter((axis) => valuesOf(axis).length > 1);
  for (const [setting, axis] of Object.entries(wanted)) {
    if (axis === undefined || axes.includes(axis)) continue;
    throw new StageError(`Expected an axis of the metrics in "${setting}", got "${axis}". ${thereAre(axis, axes)}`);
  }
  const free = differing.filter((axis) => axis !== wanted.rows && axis !== wanted.columns);
  const rows = wanted.rows ?? free.shift();
  const columns = wanted.columns ?? free.shift();
  if (rows === undefined || columns === undefined) {
    throw new StageError(
      `Expected metrics that differ in two axes, got ${differing.length === 0 ? 'none' : differing.join(', ')}: name them by "rows" and "columns".`,
    );
  }
  const cells = valuesOf(rows).flatMap((row) =>
    valuesOf(columns).flatMap((column): readonly Cell[] => {
      const numbers = items.filter(({ labels }) => labels[rows] === row && labels[columns] === column);
      const value = mean(numbers.map((item) => item.value));
      return numbers.length === 0 ? [] : [{ row, column, value, count: numbers.length }];
    }),
  );
  return {
    rows: { name: rows, values: valuesOf(rows) },
    columns: { name: columns, values: valuesOf(columns) },
    cells,
    over: differing.filter((axis) => axis !== rows && axis !== columns),
  };
}

interface Options {
  /** What the number is called. */
  readonly label: string;
  readonly title?: string | undefined;
}

/** A width that the cells together should not exceed, and sizes of a cell. */
const most = 400;
const largest = [110, 56] as const;
const least = 44;

/** A cell for each pair of values, the darker the greater, with the number in it. */
export function heatmapChart(map: Heatmap, { label, title }: Options): TopLevelSpec {
  const { rows, columns } = map;
  const values = map.cells.map(({ value }) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const format = (value: number) => formatMetric(value, decimalsOf(values));
  const cells = map.cells.map(({ value, ...cell }) => ({
    ...{ ...cell, value: Number(value.toPrecision(7)), text: format(value) },
  }));
  const widest = Math.max(...cells.map(({ text }) => textWidth(text, 12)));
  const width = Math.max(least, Math.ceil(widest) + 8, Math.min(largest[0], most / columns.values.length));
  const table = heatTable(cells, {
    rows: { title: rows.name, names: rows.values },
    columns: { title: columns.name, names: columns.values },
    size: [width, Math.min(largest[1], Math.max(28, width * 0.6))],
    domain: low === high ? [low, low + 1] : [low, high], // one value alone is light
  });
  const titleWidth = Math.max(360, width * columns.values.length + 100);
  return chart(title ?? `${label} by ${rows.name} and ${columns.name}`, subtitle(map, format), titleWidth, table);
}

/** What a cell is the mean of; where both axes have the same values, the means on the diagonal and beside it. */
function subtitle({ rows, columns, cells, over }: Heatmap, format: (value: number) => string): string {
  const counts = cells.map(({ count }) => count);
  const [fewest, most] = [Math.min(...counts), Math.max(...counts)];
  const of = `${fewest === most ? '' : `${fewest} to `}${most} numbers${over.length === 0 ? '' : `, over ${formatList(over)}`}`;
  const what = most === 1 ? 'One number in each cell' : `Each cell is the mean of ${of}`;
  const isSquare =
    rows.values.length === columns.values.length && rows.values.every((name) => columns.values.includes(name));
  const meanOf = (isSame: boolean) => {
    const own = cells.filter(({ row, column }) => (row === column) === isSame);
    return own.length === 0 ? undefined : format(mean(own.map(({ value }) => value)));
  };
  const [same, other] = isSquare ? [meanOf(true), meanOf(false)] : [];
  if (same === undefined || other === undefined) return what;
  return `${what}; the same ${rows.name} and ${columns.name}: ${same} in the mean, others: ${other}`;
}
