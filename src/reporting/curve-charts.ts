import type { TopLevelSpec } from 'vega-lite';
import { formatCount } from '../format-numbers.ts';
import { groupBy } from '../group-by.ts';
import { chart, type Part, quantity } from '../learning/charts/encoders.ts';
import { integerTicks } from '../learning/charts/integer-ticks.ts';
import { lineLayers } from '../learning/charts/line-layers.ts';
import { theme } from '../learning/charts/theme.ts';
import { type Curve, thinned } from '../reported-curves.ts';

/**
 * The curves of a stage, of an instance of a matrix, or of a run, by the name of what they belong
 * to.
 */
export interface OwnedCurves {
  readonly owner: string;
  readonly curves: readonly Curve[];
}

/** A chart of the curves of one measure. */
export interface CurveChart {
  /** `loss`, or `val.loss` where several owners have one each. */
  readonly measure: string;
  readonly title: string;
  readonly subtitle: string;
  readonly spec: TopLevelSpec;
}

interface CurveChartOptions {
  /** Whose curves they are: a stage, or all instances of one. */
  readonly name: string;
  readonly owners: readonly OwnedCurves[];
  /** Which points there are, where not `by epoch`: `after epoch 3 of 9`. */
  readonly when?: string;
  readonly reading?: string;
  /** Whether the axis of values begins at zero, as that of an amount. */
  readonly isAmount?: boolean;
}

/** Lines that share their axes. */
interface Panel {
  readonly measure: string;
  readonly unit: string;
  readonly lines: readonly { readonly series: string; readonly points: Curve['points'] }[];
}

const width = 400;
const height = 220;
/** Beyond this many lines a legend is longer than the chart: then only its tooltip names a line. */
const mostNamed = 24;
/** Beyond this many points of a line the marks touch each other. */
const mostMarks = 30;
/** More rows make a page slow. */
const mostRows = 4000;
const leastPoints = 40;

/**
 * The curves of one owner by measure, where its splits share a chart; those of several owners by
 * curve, with a line for each owner. Curves of less than two numbers are left out.
 */
export function curveCharts({
  name,
  owners,
  when,
  reading = '',
  isAmount = false,
}: CurveChartOptions): readonly CurveChart[] {
  const panels = owners.length === 1 ? panelsByMeasure(owners[0]!) : panelsByCurve(owners);
  return panels.map((panel) => {
    const { measure, unit, lines } = panel;
    const most = Math.max(leastPoints, Math.floor(mostRows / lines.length));
    const subtitle = [reading, ...notesOn(panel, most)].filter(Boolean).join('; ');
    const title = `${name}: ${measure} ${when ?? `by ${unit}`}`;
    const values = lines.flatMap(({ series, points }) =>
      thinned(points, most).map(([step, value]) => ({
        series,
        step,
        value: value && Number(value.toPrecision(6)),
      })),
    );
    return {
      measure,
      title,
      subtitle,
      spec: chart(title, subtitle, width, { ...bodyOf(panel, isAmount), data: { values } }),
    };
  });
}

/** Whether there is a line to draw. */
const isDrawable = ({ points }: Curve): boolean =>
  points.filter(([, value]) => value !== null).length > 1;

function panelsByMeasure({ curves }: OwnedCurves): readonly Panel[] {
  const groups = groupBy(curves.filter(isDrawable), ({ name, unit }) =>
    JSON.stringify([unit, measureOf(name)]),
  );
  return Array.from(groups.values(), (group) => ({
    measure: measureOf(group[0]!.name),
    unit: group[0]!.unit,
    lines: group.map(({ name, points }) => ({ series: splitOf(name) ?? name, points })),
  }));
}

function panelsByCurve(owners: readonly OwnedCurves[]): readonly Panel[] {
  const all = owners.flatMap(({ owner, curves }) =>
    curves.filter(isDrawable).map((curve) => ({ owner, curve })),
  );
  const groups = groupBy(all, ({ curve: { name, unit } }) => JSON.stringify([unit, name]));
  return Array.from(groups.values(), (group) => ({
    measure: group[0]!.curve.name,
    unit: group[0]!.curve.unit,
    lines: group.map(({ owner, curve }) => ({ series: owner, points: curve.points })),
  }));
}

/**
 * Names such as `val.loss`, `val loss`, `val/loss` and `val_loss` say a split before the measure.
 */
const splitName = /^(train|training|val|valid|validation|dev|eval|test)[._/ -](.+)$/i;
const splitOf = (curve: string): string | undefined => splitName.exec(curve)?.[1];
const measureOf = (curve: string): string => splitName.exec(curve)?.[2] ?? curve;

/** How lines without a legend are told apart, and what is not drawn of them. */
function notesOn({ lines }: Panel, most: number): readonly string[] {
  return [
    ...(lines.length > mostNamed
      ? [`${formatCount(lines.length)} lines: point at one for its name`]
      : []),
    ...(lines.some(({ points }) => points.length > most)
      ? ['of long curves evenly spaced points are drawn']
      : []),
  ];
}

/** From zero to the greatest value; to one where all are zero. */
function amounts(lines: Panel['lines']): Part {
  const values = lines.flatMap(({ points }) => points.flatMap(([, value]) => value ?? []));
  const most = values.reduce((greatest, value) => Math.max(greatest, value), 0);
  return { domain: [0, 1.05 * most || 1] };
}

function bodyOf({ measure, unit, lines }: Panel, isAmount: boolean): Part {
  const names = lines.map(({ series }) => series);
  const steps = lines.flatMap(({ points }) => points.map(([step]) => step));
  return {
    config: theme,
    width,
    height,
    layer: lineLayers(names, {
      x: stepAxis(unit, steps),
      y: quantity('value', measure, isAmount ? amounts(lines) : {}),
      legend: names.length > mostNamed || names.length === 1 ? null : { width },
      points: lines.every(({ points }) => points.length <= mostMarks),
    }),
  };
}

/** An axis of epochs or steps, with ticks at whole numbers. */
export function stepAxis(unit: string, steps: readonly number[], field = 'step'): Part {
  const first = steps.reduce((least, step) => Math.min(least, step));
  const last = steps.reduce((most, step) => Math.max(most, step));
  const title = unit.slice(0, 1).toUpperCase() + unit.slice(1);
  const isWhole = Number.isInteger(first) && Number.isInteger(last);
  const ticks = isWhole ? { values: integerTicks(first, last, 7), format: ',d' } : {};
  return quantity(field, title, {
    domain: [first, last],
    scale: { padding: 8 },
    grid: false,
    ...ticks,
  });
}
