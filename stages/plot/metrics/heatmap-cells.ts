import { StageError } from '../../../src/stage.ts';
import { thereAre } from '../../../src/suggest.ts';
import type { MetricItem } from './read-metrics.ts';

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
  const cells = new Map<string, { row: string; column: string; numbers: number[] }>();
  for (const { labels, value } of items) {
    const [row, column] = [labels[rows], labels[columns]];
    if (row === undefined || column === undefined) continue;
    const cell = cells.get(JSON.stringify([row, column])) ?? { row, column, numbers: [] };
    cell.numbers.push(value);
    cells.set(JSON.stringify([row, column]), cell);
  }
  return {
    rows: { name: rows, values: valuesOf(rows) },
    columns: { name: columns, values: valuesOf(columns) },
    cells: Array.from(cells.values(), ({ row, column, numbers }) => ({
      ...{ row, column, count: numbers.length },
      value: numbers.reduce((sum, number) => sum + number, 0) / numbers.length,
    })),
    over: differing.filter((axis) => axis !== rows && axis !== columns),
  };
}
