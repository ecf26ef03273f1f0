import type { Axes, Part } from './encoders.ts';
import { seriesLegend, seriesScales } from './series.ts';
import { fills } from './theme.ts';
import { headingOf, intervalOf, nearestTooltip, rowOf, type TooltipRow } from './tooltips.ts';

/** The style of series that are drawn as lines. */
export interface LineOptions extends Axes {
  /** The rows, where they are not the panel's. */
  readonly data?: Part;
  /** Which rows are drawn, as an expression of Vega; all without it. */
  readonly filter?: string;
  /** In the order of the series; by default those of the theme. */
  readonly colours?: readonly string[];
  /** Null for none; else its title, and the width of the chart that it stands below. */
  readonly legend: { readonly title?: string | null; readonly width: number } | null;
  /**
   * Whether the rows have the ends of a band, `low` and `high`; or separate rows that have them.
   */
  readonly bands?: boolean | { readonly name: string; readonly values: readonly object[] };
  readonly points?: boolean;
  /** Further series of the same rows: thin, grey, behind the others, and not in the legend. */
  readonly others?: readonly string[];
  /** The field that splits a series into several lines. */
  readonly detail?: string;
  /** The field that gives the order of a line's points, where it is not that of x. */
  readonly order?: string;
  /** What the tooltip of the nearest point shows besides the series; null for none. */
  readonly tooltip?: LineTooltip | null;
  /** Applied to the lines; `interpolate` and `clip` also to the bands, `clip` to tooltips. */
  readonly mark?: {
    readonly interpolate?: string;
    readonly clip?: boolean;
    readonly strokeWidth?: number;
  };
}

/** Titles for the tooltip of a line, where an axis has none, and further rows. */
export interface LineTooltip {
  readonly x?: string;
  readonly y?: string;
  /** The field of bands in the rows of the lines. */
  readonly band?: string;
  readonly more?: readonly TooltipRow[];
}

/** As many lines as colour and dash tell apart at a glance; more are better drawn as `others`. */
export const mostNamedLines = 10;

/**
 * Series as lines of their own colour and dash, over their bands and below their points. Rows name
 * theirs in `series`.
 */
export function lineLayers(names: readonly string[], options: LineOptions): readonly Part[] {
  const { x, y, colours, legend, bands, others = [], mark = {} } = options;
  const { color, strokeDash } = seriesScales(names, colours);
  const named = others.length === 0 ? options : withFilter(options, among(names));
  const looks = seriesLooks(names, named);
  const by = {
    field: 'series',
    type: 'nominal',
    title: legend?.title ?? null,
    legend: legend && seriesLegend(names, legend.width),
  };
  const { strokeWidth: _, ...shape } = mark;
  const band = {
    ...looks.source,
    ...(typeof bands === 'object' && { data: bands }),
    transform: [...looks.source.transform, { filter: 'isValid(datum.low)' }],
    mark: { type: 'area', opacity: 0.18, ...shape },
    encoding: {
      x,
      y: { ...y, field: 'low' },
      y2: { field: 'high' },
      fill: looks.colour,
      detail: { field: 'series' },
    },
  };
  const hasBands = typeof bands === 'object' ? bands.values.length > 0 : bands;
  const line = lineLayer(named, mark, {
    color: { ...by, scale: color },
    strokeDash: { ...by, scale: strokeDash },
  });
  return [
    ...(others.length > 0 ? [greyLines(others, options)] : []),
    ...(hasBands ? [band] : []),
    line,
    ...(options.points ? [pointLayer(names, named)] : []),
    ...(options.tooltip === null ? [] : [lineTooltip(names, options)]),
  ];
}

/** The lines of the rows. `encoding` distinguishes their series. */
function lineLayer(
  { x, y, data, filter, detail, order }: LineOptions,
  mark: Part,
  encoding: Part,
): Part {
  return {
    ...(data && { data }),
    ...(filter !== undefined && { transform: [{ filter }] }),
    mark: { type: 'line', ...mark },
    encoding: {
      x,
      y,
      ...(detail !== undefined && { detail: { field: detail } }),
      ...(order !== undefined && { order: { field: order } }),
      ...encoding,
    },
  };
}

function greyLines(others: readonly string[], options: LineOptions): Part {
  const { detail, mark = {} } = options;
  const fields = ['series', ...(detail === undefined ? [] : [detail])];
  return lineLayer(
    withFilter(options, among(others)),
    { ...mark, color: fills[3], strokeWidth: 1 },
    { detail: fields.map((field) => ({ field })) },
  );
}

/** An expression of Vega for the rows of some series. */
const among = (names: readonly string[]): string =>
  `indexof(${JSON.stringify(names)}, datum.series) >= 0`;

const withFilter = (options: LineOptions, filter: string): LineOptions => ({
  ...options,
  filter: options.filter === undefined ? filter : `(${options.filter}) && ${filter}`,
});

/** The values of the point nearest to the pointer. */
function lineTooltip(
  names: readonly string[],
  { x, y, data, filter, bands, tooltip, mark }: LineOptions,
): Part {
  const { band = 'Band', more = [] } = tooltip ?? {};
  const rows = [
    ...(names.length > 1 ? [headingOf('series')] : []),
    rowOf(x, tooltip?.x),
    rowOf(y, tooltip?.y),
    ...(bands === true ? [intervalOf(y, band)] : []),
    ...more,
  ];
  const transform = filter === undefined ? [] : [{ filter }];
  const isClipped = mark?.clip ?? false;
  return nearestTooltip(rows, { x, y, transform, isClipped, ...(data && { data }) });
}

/** Points of series in their colours and shapes. */
export function pointLayer(
  names: readonly string[],
  options: Omit<LineOptions, 'mark' | 'legend'>,
  mark: Part = {},
): Part {
  const { source, colour, shape } = seriesLooks(names, options);
  const { x, y } = options;
  const encoding = { x, y, [mark['filled'] === false ? 'stroke' : 'fill']: colour, shape };
  return { ...source, mark: { type: 'point', opacity: 1, ...mark }, encoding };
}

/**
 * Rows with the colour and shape of their series: a legend that several layers share shows none of
 * them as it is.
 */
function seriesLooks(
  names: readonly string[],
  { data, filter, colours }: Omit<LineOptions, 'legend'>,
) {
  const { color, shape } = seriesScales(names, colours);
  const find = (values: readonly string[], as: string): Part => ({
    calculate: `${JSON.stringify(values)}[indexof(${JSON.stringify(names)}, datum.series)]`,
    as,
  });
  const channel = (field: string): Part => ({ field, type: 'nominal', scale: null });
  const filters: readonly Part[] = filter === undefined ? [] : [{ filter }];
  return {
    source: {
      ...(data && { data }),
      transform: [...filters, find(color.range, 'colour'), find(shape.range, 'shape')],
    },
    colour: channel('colour'),
    shape: channel('shape'),
  };
}
