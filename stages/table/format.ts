import { csvLine } from '../../src/csv.ts';
import { formatJson } from '../../src/format-json.ts';
import { formatLevel, formatList, formatMetric } from '../../src/format-numbers.ts';
import { reasonMissing, titleOfPath } from '../../src/learning/metrics/metric-catalogue.ts';
import type { markdownTable } from '../../src/markdown-table.ts';
import type { Highlight } from '../../src/stage.ts';
import type { Cell, Row, Table } from './collect.ts';
import type { Marks } from './significance-marks.ts';

/**
 * CSV in full precision. A row for each row of the table; with axes averaged over, a row for each
 * of its cells instead: the value's name, how many numbers, their mean, the interval, and the
 * numbers themselves, spaces between.
 */
export function formatCsv(table: Table): string {
  if (table.over.length === 0) {
    const lines = table.rows.map((row) => [
      ...labelsOf(table, row),
      ...row.cells.map((cell) => cell?.mean ?? ''),
    ]);
    return [[...table.labels, ...table.values], ...lines].map(csvLine).join('');
  }
  const lines = table.rows.flatMap((row) =>
    table.values.map((name, index) => [
      ...labelsOf(table, row),
      name,
      ...statistics(row.cells[index]),
    ]),
  );
  const header = [...table.labels, 'value', 'n', 'mean', 'low', 'high', 'points'];
  return [header, ...lines].map(csvLine).join('');
}

function statistics(cell: Cell | undefined): (string | number)[] {
  if (cell === undefined) return [0, '', '', '', ''];
  const { mean, low, high, points } = cell;
  const ends = [low, high].map((end) => (Number.isNaN(end) ? '' : end));
  return [points.length, mean, ...ends, points.map(({ value }) => value).join(' ')];
}

/** The whole table as JSON; the ends of an interval are null where there is but one number. */
export function formatJsonTable({ labels, over, confidence, values, rows }: Table): string {
  const plain = (cell: Cell | undefined) => {
    if (cell === undefined) return null;
    return over.length === 0 ? cell.mean : cell;
  };
  const named = (row: Row) =>
    Object.fromEntries(values.map((name, index) => [name, plain(row.cells[index])]));
  return formatJson({
    labels,
    values,
    ...(over.length > 0 && { over, confidence }),
    rows: rows.map((row) => ({ labels: row.labels, values: named(row) })),
  });
}

/** The rounded table as text, in Markdown or LaTeX; numbers to the right. */
export const formatTable = (
  { columns, rows }: Highlight,
  { labels }: Table,
  form: typeof markdownTable,
): string => `${form(columns, rows, (column) => column >= labels.length)}\n`;

/**
 * The table rounded: each number to four decimals, a mean with half its interval. With axes
 * averaged over, a column `n` says of how many metrics a row is made, and a cell that has fewer
 * numbers says so. The marks of significance follow their numbers.
 */
export function roundedTable(table: Table, title: string, marks: Marks = []): Highlight {
  const isMean = table.over.length > 0;
  const rounded = (cell: Cell | undefined, items: number): string => {
    if (cell === undefined) return '–';
    const { mean, high, points } = cell;
    const half = Number.isNaN(high) ? '' : ` ± ${formatMetric(high - mean, 4)}`;
    return (
      formatMetric(mean, 4) +
      half +
      (points.length < items ? ` (${points.length} of ${items})` : '')
    );
  };
  return {
    title,
    columns: [...table.labels, ...(isMean ? ['n'] : []), ...table.values.map(titleOfPath)],
    rows: table.rows.map((row, index) => [
      ...labelsOf(table, row),
      ...(isMean ? [row.items] : []),
      ...row.cells.map((cell, column) => rounded(cell, row.items) + (marks[column]?.[index] ?? '')),
    ]),
  };
}

/** What follows a mean, for a note below the table: none where no mean has an interval. */
export function intervalNotes({ over, confidence, rows }: Table): readonly string[] {
  const hasInterval = rows.some(({ cells }) =>
    cells.some((cell) => !Number.isNaN(cell?.high ?? Number.NaN)),
  );
  if (over.length === 0 || !hasInterval) return [];
  return [
    `±: half of the ${formatLevel(confidence)} interval of the mean over ${formatList(over)} (Student's t)`,
  ];
}

/**
 * Why numbers are missing, for a note below the table: a sentence without its stop for each metric
 * that needs more images.
 */
export const missingNotes = ({ values, rows }: Table): readonly string[] =>
  values.flatMap((name, index) => {
    const reason = rows.some(({ cells }) => cells[index] === undefined)
      ? reasonMissing(name)
      : undefined;
    return reason === undefined ? [] : [`–: ${titleOfPath(name)} ${reason}`];
  });

/** A row's own labels in the order of the columns. */
function labelsOf({ labels }: Table, row: Row): string[] {
  return labels.map((name) => row.labels[name] ?? '');
}
