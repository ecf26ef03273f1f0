import type { TopLevelSpec } from 'vega-lite';
import { decimalsOf, formatList, formatMetric } from '../../../src/format-numbers.ts';
import { chart } from '../../../src/learning/charts/encoders.ts';
import { textWidth } from '../../../src/learning/charts/fonts.ts';
import { heatTable } from '../../../src/learning/charts/heat-table.ts';
import { inRow } from '../../../src/learning/charts/tooltips.ts';
import { mean } from '../../../src/learning/metrics/arithmetic/mean.ts';
import { requireKnown } from '../../../src/read-input.ts';
import { StageError } from '../../../src/stage.ts';
import { axesOf, drawMetrics, type MetricItem, type MetricOptions } from './draw-metrics.ts';

/** The width in pixels that the cells together should not exceed. */
const widestMap = 400;
/** The largest width and height of a cell, in pixels. */
const largestCell = [110, 56] as const;
/** The smallest width of a cell, in pixels. */
const narrowestCell = 44;

/** A cell for each pair of values of two axes, the darker the greater, with the number in it. */
export function heatmapChart(items: readonly MetricItem[], options: MetricOptions): TopLevelSpec {
  const { rows, columns, cells: numbers, over } = heatmapCells(items, options);
  const values = numbers.map(({ value }) => value);
  const low = Math.min(...values);
  const high = Math.max(...values);
  const format = (value: number) => formatMetric(value, decimalsOf(values));
  const cells = numbers.map(({ value, ...cell }) => ({
    ...cell,
    value: Number(value.toPrecision(7)),
    text: format(value),
  }));
  const widest = Math.max(...cells.map(({ text }) => textWidth(text, 12)));
  const width = Math.max(
    narrowestCell,
    Math.ceil(widest) + 8,
    Math.min(largestCell[0], widestMap / columns.names.length),
  );
  const table = heatTable(cells, {
    rows,
    columns,
    size: [width, Math.min(largestCell[1], Math.max(28, width * 0.6))],
    domain: low === high ? [low, low + 1] : [low, high], // one value alone is light
    tooltip: [{ title: options.label, text: inRow('text') }],
  });
  const counts = numbers.map(({ count }) => count);
  const title = options.title ?? `${options.label} by ${rows.title} and ${columns.title}`;
  const subtitle = `${meanText(counts, over)}${diagonalText({ rows, columns, cells: numbers }, format)}`;
  return chart(title, subtitle, Math.max(360, width * columns.names.length + 100), table);
}

export const draw = drawMetrics(heatmapChart);

type Heatmap = ReturnType<typeof heatmapCells>;

/**
 * Puts the numbers into cells by two of their axes: those named, or the two that differ; over
 * others it takes the mean. Throws a {@link StageError} where the axes are ambiguous.
 */
export function heatmapCells(
  items: readonly MetricItem[],
  wanted: { readonly rows?: string | undefined; readonly columns?: string | undefined },
) {
  const valuesOf = (axis: string) => [
    ...new Set(items.flatMap(({ labels }) => labels[axis] ?? [])),
  ];
  const axes = axesOf(items);
  requireKnown(
    'an axis of the metrics in "rows"',
    wanted.rows === undefined ? [] : [wanted.rows],
    axes,
  );
  requireKnown(
    'an axis of the metrics in "columns"',
    wanted.columns === undefined ? [] : [wanted.columns],
    axes,
  );
  const differing = axes.filter((axis) => valuesOf(axis).length > 1);
  const free = differing.filter((axis) => axis !== wanted.rows && axis !== wanted.columns);
  const rows = wanted.rows ?? free.shift();
  const columns = wanted.columns ?? free.shift();
  if (rows === undefined || columns === undefined) {
    throw new StageError(
      `Expected metrics that differ in two axes, got ${differing.length === 0 ? 'none' : differing.join(', ')}: name them by "rows" and "columns".`,
    );
  }
  return {
    rows: { title: rows, names: valuesOf(rows) },
    columns: { title: columns, names: valuesOf(columns) },
    cells: valuesOf(rows).flatMap((row) =>
      valuesOf(columns).flatMap((column) => {
        const cellItems = items.filter(
          ({ labels }) => labels[rows] === row && labels[columns] === column,
        );
        return cellItems.length === 0
          ? []
          : [
              {
                row,
                column,
                value: mean(cellItems.map(({ value }) => value)),
                count: cellItems.length,
              },
            ];
      }),
    ),
    over: differing.filter((axis) => axis !== rows && axis !== columns),
  };
}

function meanText(counts: readonly number[], over: readonly string[]): string {
  const fewest = Math.min(...counts);
  const most = Math.max(...counts);
  if (most === 1) return 'One number in each cell';
  const of = `${fewest === most ? '' : `${fewest} to `}${most} numbers`;
  return `Each cell is the mean of ${of}${over.length === 0 ? '' : `, over ${formatList(over)}`}`;
}

/** The means on the diagonal and beside it, where both axes have the same values. */
function diagonalText(
  { rows, columns, cells }: Omit<Heatmap, 'over'>,
  format: (value: number) => string,
): string {
  if (
    rows.names.length !== columns.names.length ||
    !rows.names.every((name) => columns.names.includes(name))
  )
    return '';
  const valuesWhere = (isSame: boolean) =>
    cells.filter(({ row, column }) => (row === column) === isSame).map(({ value }) => value);
  const same = valuesWhere(true);
  const different = valuesWhere(false);
  if (same.length === 0 || different.length === 0) return '';
  return `; the same ${rows.title} and ${columns.title}: ${format(mean(same))} in the mean, others: ${format(mean(different))}`;
}
