import {
  type Axes,
  type Domain,
  type Part,
  quantity,
  rowNames,
  ruleAt,
  withField,
} from './encoders.ts';
import { ink, palette } from './theme.ts';
import { headingOf, intervalOf, nearestTooltip, rowOf } from './tooltips.ts';

/** A number in a row of its own. */
export interface IntervalRow {
  readonly name: string;
  readonly value: number;
  /** Ends of the interval; NaN or absent without one. */
  readonly low?: number;
  readonly high?: number;
  /** At the right of the row. */
  readonly text?: string;
  /** Drawn as an outline. */
  readonly isOpen?: boolean;
}

export interface IntervalRowsOptions {
  /** The name of the data; points have `points-` before it. */
  readonly dataName: string;
  readonly label: string;
  readonly domain: Domain;
  /** Width of the panel without names and texts, in units. */
  readonly width: number;
  /** All rows, also those without a number; by default those with one. */
  readonly names?: readonly string[];
  readonly longestName?: number;
  /** Where false, the names stand beside a neighbour with the same rows. */
  readonly showsNames?: boolean;
  /** A value that is dashed, such as chance. */
  readonly ruled?: number | undefined;
  /** Single numbers that the rows' values are means of: then dots, and the means strokes. */
  readonly points?: readonly { readonly name: string; readonly value: number }[];
  readonly axis?: Part;
}

const rowHeight = 26;

/**
 * A row for each number, its interval a line; one that leaves the axis ends in an arrow head. Axes
 * need not show 0.
 */
export function intervalRows(rows: readonly IntervalRow[], options: IntervalRowsOptions): Part {
  const {
    dataName,
    label,
    domain,
    width,
    longestName = 260,
    showsNames = true,
    ruled,
    points,
  } = options;
  const { names = rows.map(({ name }) => name) } = options;
  const y = rowNames('name', names, longestName, { labels: showsNames });
  const x = quantity('value', label, {
    domain,
    tickCount: Math.min(4, Math.floor(width / 60)),
    grid: false,
    ...options.axis,
  });
  const plain = (value: number | undefined) =>
    value === undefined || Number.isNaN(value) ? undefined : value;
  const isOpen = rows.some((row) => row.isOpen);
  const hollow = { condition: { test: 'datum.isOpen', value: '#ffffff' }, value: palette[0] };
  const fill = isOpen ? hollow : { value: palette[0] };
  const value = points
    ? {
        mark: { type: 'tick', color: palette[0], opacity: 1, thickness: 3, size: 16 },
        encoding: { x, y },
      }
    : {
        mark: { type: 'point', stroke: palette[0], strokeWidth: 1.5, size: 60, opacity: 1 },
        encoding: { x, y, fill },
      };
  const dots = points && {
    data: { name: `points-${dataName}`, values: [...points] },
    mark: { type: 'point', color: ink.strong, opacity: 0.6, size: 36 },
    encoding: { x, y },
  };
  const texts = {
    mark: { type: 'text', align: 'left' },
    encoding: { y, x: { value: width + 12 }, text: { field: 'text', type: 'nominal' } },
  };
  const unrounded = { ...x, axis: {} }; // an axis may show fewer digits than its numbers have
  const tooltip = [
    headingOf('name'),
    rowOf(unrounded, label),
    ...(rows.some(({ low }) => plain(low) !== undefined)
      ? [intervalOf(unrounded, 'Interval')]
      : []),
  ];
  const values = rows.map(({ low, high, ...row }) => ({
    ...row,
    low: plain(low),
    high: plain(high),
  }));
  return {
    data: { name: dataName, values },
    width,
    height: { step: rowHeight },
    layer: [
      ...(ruled === undefined ? [] : [ruleAt('x', ruled, x)]),
      {
        transform: [{ filter: 'isValid(datum.low)' }],
        mark: { type: 'rule', color: palette[0], strokeWidth: 2, clip: true },
        encoding: { y, x: withField(x, 'low'), x2: { field: 'high' } },
      },
      ...cutEnds(rows, domain, { x, y }),
      value,
      ...(dots ? [dots] : []),
      ...(rows.some(({ text }) => text !== undefined) ? [texts] : []),
      nearestTooltip(tooltip, { x, y, along: ['y'], isMarked: false }),
    ],
  };
}

/** Arrow heads where intervals continue beyond the axis. */
function cutEnds(
  rows: readonly IntervalRow[],
  [first, last]: Domain,
  { x, y }: Axes,
): readonly Part[] {
  const values = rows.flatMap(({ name, low = Number.NaN, high = Number.NaN }) => [
    ...(low < first ? [{ name, end: first, angle: -90 }] : []),
    ...(high > last ? [{ name, end: last, angle: 90 }] : []),
  ]);
  if (values.length === 0) return [];
  const mark = { type: 'point', shape: 'triangle', color: palette[0], size: 60, opacity: 1 };
  const angle = { field: 'angle', type: 'quantitative', scale: null };
  return [{ data: { values }, mark, encoding: { y, x: withField(x, 'end'), angle } }];
}
