import type { TopLevelSpec } from 'vega-lite';
import { formatList } from '../../src/format-numbers.ts';
import { chartTitle } from '../../src/learning/charts/chart-title.ts';
import { fittedLabels } from '../../src/learning/charts/fit-text.ts';
import { seriesName } from '../../src/learning/charts/series.ts';
import { ink, palette } from '../../src/learning/charts/theme.ts';
import type { Table } from './collect.ts';
import { roundedNumber } from './format.ts';

type Panel = Extract<TopLevelSpec, { concat: unknown }>['concat'][number];

/** Of a panel alone, and of one beside another: with the names of the rows the chart fits a column of text. */
const widths = { one: 340, several: 185 };
const spacing = 24;
const rowHeight = 26;
const panelsAcross = 2;
/** Longer names of rows are cut, so that they leave room for the data. */
const longestName = 260;

/** Numbers that lie between 0 and 1, whatever they are of: a t interval does not know that. */
const shares = new Set([
  ...['accuracy', 'balancedAccuracy', 'majorityAccuracy', 'precision', 'recall', 'f1', 'auc'],
  ...['averagePrecision', 'equalErrorRate', 'brier', 'calibrationError', 'calledRight'],
  ...['partialAucTo10PercentFpr', 'tprAt1PercentFpr', 'tprAt10PercentFpr'],
]);

/**
 * A panel for each value, a line for each row of the table: the single numbers as dots and, where axes are averaged over,
 * the mean as a stroke with its interval. The data is tidy: a row for each number in `points`, for each mean in `means`.
 *
 * The axes show where the numbers lie rather than zero, since dots have no length that would mislead.
 */
export function tableChart(table: Table, title = finding(table)): TopLevelSpec {
  const across = Math.min(panelsAcross, table.values.length);
  return {
    title: chartTitle(title, subtitle(table), across * panelWidth(table) + (across - 1) * spacing + 60),
    columns: panelsAcross,
    spacing,
    concat: table.values.map((_, index) => panel(table, index)),
  };
}

export function defaultTitle({ over }: Table): string {
  return over.length === 0 ? 'Metrics' : `Mean over ${over.join(' and ')}`;
}

const panelWidth = ({ values }: Table) => (values.length === 1 ? widths.one : widths.several);

/** Where the first value is least, and where greatest: whether more of it is better, the chart does not know. */
function finding(table: Table): string {
  const [name] = table.values;
  const ranked = table.rows
    .flatMap(({ labels, cells: [cell] }) => (cell === undefined ? [] : [{ row: seriesName(labels), mean: cell.mean }]))
    .sort((a, b) => a.mean - b.mean);
  const [least, greatest] = [ranked[0], ranked.at(-1)];
  if (name === undefined || least === undefined || greatest === undefined) return defaultTitle(table);
  const how = hasMeans(table) ? `, means over ${formatList(table.over)}` : '';
  if (least.mean === greatest.mean) return `${name} is ${roundedNumber(least.mean)}${how}`;
  return `${name} is ${roundedNumber(least.mean)} (${least.row}) to ${roundedNumber(greatest.mean)} (${greatest.row})${how}`;
}

/** Whether some number is of several runs. */
const hasMeans = ({ over, rows }: Table): boolean =>
  over.length > 0 && rows.some(({ cells }) => cells.some((cell) => cell !== undefined && cell.points.length > 1));

function subtitle(table: Table): string {
  const { labels, over, confidence } = table;
  if (over.length === 0) return labels.length === 0 ? 'One evaluation' : `By ${labels.join(' and ')}`;
  if (!hasMeans(table)) return `One ${over.join(' and ')} each`;
  return `Dots: each ${over.join(' and ')}; stroke: mean; line: its ${roundedNumber(100 * confidence)} % t interval`;
}

function panel(table: Table, index: number): Panel {
  const rows = table.rows.map(({ labels }) => seriesName(labels));
  const cells = table.rows.flatMap(({ cells }, row) => (cells[index] ? [{ row: rows[row]!, ...cells[index] }] : []));
  const means = cells.map(({ row, mean, low, high }) => ({ row, mean, ...(Number.isNaN(low) ? {} : { low, high }) }));
  const points = cells.flatMap(({ row, points }) => points.map(({ labels, value }) => ({ row, ...labels, value })));
  const y = {
    field: 'row',
    type: 'nominal' as const,
    title: null,
    scale: { domain: rows },
    axis: {
      ...{ domain: false, ticks: false, grid: true, labels: index % panelsAcross === 0 },
      ...fittedLabels(rows, longestName),
    },
  };
  const domain = xDomain(table, index);
  const x = (field: string) => ({
    field,
    type: 'quantitative' as const,
    title: table.values[index]!,
    scale: { domain, nice: 4, zero: false },
    axis: { tickCount: 4, grid: false },
  });
  const isMean = table.over.length > 0;
  const meanLayers = [
    {
      data: { name: `means-${index}`, values: means },
      mark: { type: 'rule' as const, color: palette[0], strokeWidth: 2, clip: true },
      encoding: { y, x: x('low'), x2: { field: 'high' } },
    },
    ...cutMarks(`means-${index}`, domain, { y, x }),
    {
      data: { name: `means-${index}` },
      mark: { type: 'tick' as const, color: palette[0], opacity: 1, thickness: 3, size: 16 },
      encoding: { y, x: x('mean') },
    },
  ];
  const dots = isMean ? { color: ink.strong, opacity: 0.6, size: 36 } : { opacity: 1 };
  return {
    width: panelWidth(table),
    height: { step: rowHeight },
    layer: [
      ...(isMean ? meanLayers : []),
      {
        data: { name: `points-${index}`, values: points },
        mark: { type: 'point', ...dots },
        encoding: { y, x: x('value') },
      },
    ],
  };
}

/** Arrow heads where an interval goes on beyond the axis. */
function cutMarks(
  name: string,
  [first, last]: readonly [number, number],
  { y, x }: { readonly y: object; readonly x: (field: string) => object },
) {
  const arrow = (test: string, at: number, angle: number) => ({
    data: { name },
    transform: [{ filter: test }, { calculate: `${at}`, as: 'end' }],
    mark: { type: 'point' as const, shape: 'triangle', angle, color: palette[0], size: 60, opacity: 1 },
    encoding: { y, x: x('end') },
  });
  return [arrow(`datum.low < ${first}`, first, -90), arrow(`datum.high > ${last}`, last, 90)];
}

/**
 * The range of what is drawn, with a margin, and never so narrow that a rounding error fills it. Of a share it stays within 0
 * to 1, where an interval by Student's t may leave it.
 */
function xDomain({ rows, values }: Table, index: number): [number, number] {
  const drawn = rows.flatMap(({ cells }) => {
    const cell = cells[index];
    return cell ? [cell.low, cell.high, ...cell.points.map(({ value }) => value)].filter((x) => !Number.isNaN(x)) : [];
  });
  if (drawn.length === 0) return [0, 1];
  const [low, high] = [Math.min(...drawn), Math.max(...drawn)];
  const least = 0.02 * Math.max(Math.abs(low), Math.abs(high)) || 1;
  const margin = Math.max(0.05 * (high - low), (least - (high - low)) / 2);
  const isShare = shares.has(values[index]!.split('.').at(-1)!);
  return isShare ? [Math.max(0, low - margin), Math.min(1, high + margin)] : [low - margin, high + margin];
}
