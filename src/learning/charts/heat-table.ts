import { type Domain, type Part, rowNames } from './encoders.ts';
import { fittedLabels } from './fit-text.ts';
import { textWidth } from './fonts.ts';
import { ink } from './theme.ts';
import { inRow, type TooltipRow, withTooltip } from './tooltips.ts';

/** A cell of a table, coloured by its value. */
export interface HeatCell {
  readonly row: string;
  readonly column: string;
  readonly value: number;
  /** Its text, lines separated by `\n`. */
  readonly text: string;
}

type HeatAxis = { readonly title: string; readonly names: readonly string[] };

export interface HeatTableOptions {
  readonly rows: HeatAxis;
  readonly columns: HeatAxis & { readonly orient?: 'top' | 'bottom' };
  /** Size of a cell, in units. */
  readonly size: readonly [width: number, height: number];
  /** The values of the lightest and the darkest colour. */
  readonly domain: Domain;
  readonly fontSize?: number;
  /** What the tooltip of a cell shows besides its row and column. */
  readonly tooltip: readonly TooltipRow[];
  /** The name of the data, by default `cells`; it differs between the tables of one chart. */
  readonly dataName?: string;
}

/**
 * A table of numbers, the darker the greater: from light to dark, so that a print in grey keeps the
 * order.
 */
export function heatTable(cells: readonly HeatCell[], options: HeatTableOptions): Part {
  const { rows, columns, domain, fontSize = 12, tooltip, dataName = 'cells' } = options;
  const [width, height] = options.size;
  const [low, high] = domain;
  const lineHeight = Math.round(1.3 * fontSize);
  const lines = Math.max(...cells.map(({ text }) => text.split('\n').length));
  const dy = (-lineHeight * (lines - 1)) / 2;
  const isTilted = columns.names.some((name) => textWidth(name, 12) > width - 6);
  const scale = (names: readonly string[]) => ({
    domain: [...names],
    paddingInner: 0.03,
    paddingOuter: 0,
  });
  const x = {
    field: 'column',
    type: 'nominal',
    title: columns.title,
    scale: scale(columns.names),
    axis: {
      domain: false,
      ticks: false,
      labelAngle: isTilted ? -40 : 0,
      orient: columns.orient ?? 'bottom',
      ...fittedLabels(columns.names, 160),
      ...(isTilted && { labelOverlap: false }), // tilted ones have room
    },
  };
  const y = {
    // With Vega's default the title overlaps long labels.
    ...rowNames('row', rows.names, 220, { grid: false, maxExtent: 280 }),
    title: rows.title,
    scale: scale(rows.names),
  };
  const color = {
    field: 'value',
    type: 'quantitative',
    scale: { domain: [...domain], scheme: 'blues' },
    legend: null,
  };
  const hints = [
    { title: rows.title, text: inRow('row') },
    { title: columns.title, text: inRow('column') },
    ...tooltip,
  ];
  const isDark = `datum.value > ${low + 0.55 * (high - low)}`;
  return {
    data: { name: dataName, values: [...cells] },
    width: width * columns.names.length,
    height: height * rows.names.length,
    layer: [
      withTooltip(hints, { mark: { type: 'rect' }, encoding: { x, y, color } }),
      withTooltip(hints, {
        mark: { type: 'text', lineBreak: '\n', fontSize, lineHeight, baseline: 'middle', dy },
        encoding: {
          x,
          y,
          text: { field: 'text', type: 'nominal' },
          color: { condition: { test: isDark, value: '#ffffff' }, value: ink.strong },
        },
      }),
    ],
  };
}
