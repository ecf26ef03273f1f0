import type { TopLevelSpec } from 'vega-lite';
import { fittedLabels } from '../../src/learning/charts/fit-text.ts';
import { seriesScales } from '../../src/learning/charts/series.ts';
import type { Point } from './measure.ts';

export type Layers = Extract<TopLevelSpec, { layer: unknown }>['layer'];
type Axis = Readonly<Record<string, unknown>>;

/** Of a square chart. */
export const side = 380;

/** Of a name in the legend, beside its symbol. */
export const legendRoom = side - 30;

/** With the room of the vertical axis, from which on titles begin. */
export const titleWidth = side + 50;

/** A tenth of a pixel of the chart's picture at two pixels per unit, as a share of its side. */
export const invisible = 0.1 / (2 * side);

/** The curve of error or true rates by the opposite ranking, whose points are what lies below a threshold instead of above. */
export const mirrored = (points: readonly Point[]): readonly Point[] =>
  points.map(({ x, y }) => ({ x: 1 - x, y: 1 - y })).reverse();

/** One curve, named as the legend has it. */
export interface Series {
  readonly name: string;
  /** Its points; of several runs, those of each. */
  readonly curves: readonly (readonly Point[])[];
  /** Empty for none. */
  readonly band: readonly { readonly x: number; readonly low: number; readonly high: number }[];
}

/** With more models, their bands would be one grey. */
export const mostBands = 3;

/**
 * Bands, and over them lines told apart by colour and dash, the first on top; the legend below, with a title or without
 * (null), or none (undefined). The data is tidy, a row for each point and for each place of a band, `series` telling the
 * curves apart.
 */
export function curveLayers(
  series: readonly Series[],
  legendTitle: string | null | undefined,
  x: Axis,
  y: Axis,
  mark: { readonly clip?: boolean } = {},
): Layers {
  const names = series.map(({ name }) => name);
  const { color, strokeDash } = seriesScales(names);
  const bands = series.flatMap(({ name, band }, i) =>
    band.map((row) => ({ series: name, colour: color.range[i], ...rounded(row) })),
  );
  const several = series.some(({ curves }) => curves.length > 1);
  const points = series
    .toReversed()
    .flatMap(({ name, curves }) =>
      curves.flatMap((points, run) =>
        points.map((row, point) => ({ series: name, ...(several && { run }), point, ...rounded(row) })),
      ),
    );
  const bySeries = {
    field: 'series',
    type: 'nominal' as const,
    title: legendTitle ?? null,
    legend:
      legendTitle === undefined
        ? null
        : {
            symbolType: 'stroke',
            symbolSize: 500,
            ...fittedLabels(names, legendRoom),
            orient: 'bottom' as const,
            direction: 'vertical' as const,
            titleAnchor: 'start' as const,
            titleLimit: side,
          },
  };
  const bandLayer = {
    data: { name: 'bands', values: bands },
    mark: { type: 'area' as const, opacity: 0.18, ...mark },
    encoding: {
      x: { ...x, field: 'x', type: 'quantitative' as const },
      y: { ...y, field: 'low', type: 'quantitative' as const },
      y2: { field: 'high' },
      fill: { field: 'colour', type: 'nominal' as const, scale: null }, // a scale would have a legend of its own
    },
  };
  return [
    ...(bands.length > 0 ? [bandLayer] : []),
    {
      data: { name: 'curves', values: points },
      mark: { type: 'line', ...(several && { strokeWidth: 1.2 }), ...mark },
      encoding: {
        x: { ...x, field: 'x', type: 'quantitative' },
        y: { ...y, field: 'y', type: 'quantitative' },
        ...(several && { detail: { field: 'run' } }),
        order: { field: 'point' },
        color: { ...bySeries, scale: color },
        strokeDash: { ...bySeries, scale: strokeDash },
      },
    },
  ];
}

/** A line behind the curves, such as that of chance. */
export function guide(ends: readonly [Point, Point], mark: object, x: Axis, y: Axis): Layers[number] {
  return {
    data: { values: [...ends] },
    mark: { type: 'line', ...mark },
    encoding: {
      x: { ...x, field: 'x', type: 'quantitative' },
      y: { ...y, field: 'y', type: 'quantitative' },
    },
  };
}

/** Numbers to five decimals, a hundredth of a pixel: exact ones would make the data thrice as long. */
function rounded<Row extends Readonly<Record<keyof Row, number>>>(row: Row): Row {
  return Object.fromEntries(
    Object.entries<number>(row).map(([name, value]) => [name, Number(value.toFixed(5))]),
  ) as Row;
}
