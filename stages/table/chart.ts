import type { TopLevelSpec } from 'vega-lite';
import { chartTitle } from '../../src/charts/chart-title.ts';
import { ink, palette } from '../../src/charts/theme.ts';
import type { Row, Table } from './collect.ts';
import { roundedNumber } from './format.ts';

type Panel = Extract<TopLevelSpec, { concat: unknown }>['concat'][number];

const panelWidth = 300;
const spacing = 30;
const rowHeight = 26;
const panelsAcross = 2;
/** Longer names of rows are cut, so that they leave room for the data. */
const longestName = 260;

/**
 * A panel for each value, a line for each row of the table: the single numbers as dots and, where axes are averaged over,
 * the mean as a stroke with its interval. The data is tidy: a row for each number in `points`, for each mean in `means`.
 *
 * The axes show where the numbers lie rather than zero, since dots have no length that would mislead.
 */
export function tableChart(table: Table, title = defaultTitle(table)): TopLevelSpec {
  const across = Math.min(panelsAcross, table.values.length);
  return {
    title: chartTitle(title, subtitle(table), across * panelWidth + (across - 1) * spacing),
    columns: panelsAcross,
    spacing,
    concat: table.values.map((_, index) => panel(table, index)),
  };
}

export function defaultTitle({ over }: Table): string {
  return over.length === 0 ? 'Metrics' : `Mean over ${over.join(' and ')}`;
}

function subtitle({ labels, over, confidence }: Table): string {
  if (over.length === 0) return labels.length === 0 ? 'One evaluation' : `By ${labels.join(' and ')}`;
  return `Dots: each ${over.join(' and ')}; stroke: mean; line: its ${roundedNumber(100 * confidence)} % t interval`;
}

function panel(table: Table, index: number): Panel {
  const rows = table.rows.map(rowName);
  const cells = table.rows.flatMap(({ cells }, row) => (cells[index] ? [{ row: rows[row]!, ...cells[index] }] : []));
  const means = cells.map(({ row, mean, low, high }) => ({ row, mean, ...(Number.isNaN(low) ? {} : { low, high }) }));
  const points = cells.flatMap(({ row, points }) => points.map(({ labels, value }) => ({ row, ...labels, value })));
  const y = {
    field: 'row',
    type: 'nominal' as const,
    title: null,
    scale: { domain: rows },
    axis: { domain: false, ticks: false, grid: true, labelLimit: longestName, labels: index % panelsAcross === 0 },
  };
  const x = (field: string) => ({
    field,
    type: 'quantitative' as const,
    title: table.values[index]!,
    scale: { domain: xDomain(table, index), nice: 5, zero: false },
    axis: { tickCount: 5, grid: false },
  });
  const isMean = table.over.length > 0;
  const meanLayers = [
    {
      data: { name: `means-${index}`, values: means },
      mark: { type: 'rule' as const, color: palette[0], strokeWidth: 2 },
      encoding: { y, x: x('low'), x2: { field: 'high' } },
    },
    {
      data: { name: `means-${index}` },
      mark: { type: 'tick' as const, color: palette[0], opacity: 1, thickness: 3, size: 16 },
      encoding: { y, x: x('mean') },
    },
  ];
  const dots = isMean ? { color: ink.strong, opacity: 0.6, size: 36 } : { opacity: 1 };
  return {
    width: panelWidth,
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

/** A row's labels; a number says nothing without its axis: `my-net, seed 2`. */
function rowName({ labels }: Row): string {
  return Object.entries(labels)
    .map(([axis, value]) => (Number.isNaN(Number(value)) ? value : `${axis} ${value}`))
    .join(', ');
}

/** The range of what is drawn, with a margin, and never so narrow that a rounding error fills it. */
function xDomain({ rows }: Table, index: number): [number, number] {
  const drawn = rows.flatMap(({ cells }) => {
    const cell = cells[index];
    return cell ? [cell.low, cell.high, ...cell.points.map(({ value }) => value)].filter((x) => !Number.isNaN(x)) : [];
  });
  if (drawn.length === 0) return [0, 1];
  const [low, high] = [Math.min(...drawn), Math.max(...drawn)];
  const least = 0.02 * Math.max(Math.abs(low), Math.abs(high)) || 1;
  const margin = Math.max(0.05 * (high - low), (least - (high - low)) / 2);
  return [low - margin, high + margin];
}
