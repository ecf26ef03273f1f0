import type { TopLevelSpec } from 'vega-lite';
import { formatList } from '../../../src/format-numbers.ts';
import { withLabels } from '../../../src/learning/charts/chart-title.ts';
import { chart, domainOf, quantity, ruleAt } from '../../../src/learning/charts/encoders.ts';
import { lineLayers } from '../../../src/learning/charts/line-layers.ts';
import { groupOver, nameSeries } from '../../../src/learning/charts/series.ts';
import { mean } from '../../../src/learning/metrics/arithmetic/mean.ts';
import { findMetric } from '../../../src/learning/metrics/metric-catalogue.ts';
import { requireKnown } from '../../../src/read-input.ts';
import { StageError } from '../../../src/stage.ts';
import {
  axesOf,
  chanceOf,
  drawMetrics,
  levelOf,
  type MetricItem,
  type MetricOptions,
} from './draw-metrics.ts';

const width = 440;
const height = 260;

/**
 * A number against an axis: points and bands on a line for each combination of the other labels; a
 * rule marks chance.
 */
export function linesChart(items: readonly MetricItem[], options: MetricOptions): TopLevelSpec {
  const { value, label, over = [], title } = options;
  const { axis, lines } = linesAgainst(items, options);
  const { names, shared } = nameSeries(lines.map(({ labels }) => labels));
  const rows = lines.flatMap(({ points }, index) =>
    points.map((point) => ({ series: names[index] || label, ...point })),
  );
  const metric = findMetric(value);
  const chance = chanceOf(value, items);
  const drawn = rows.flatMap(({ value, low = value, high = value }) => [value, low, high]);
  const ticks = [...new Set(rows.map(({ x }) => x))].sort((a, b) => a - b);
  const x = quantity('x', axis, {
    domain: [ticks[0]!, ticks.at(-1)!],
    scale: { padding: 8 },
    // Each number keeps its digits: by one format for all, 0.125 would be 0.1.
    values: ticks,
    labelExpr: "'' + datum.value",
    grid: false,
    labelOverlap: true,
  });
  const y = quantity('value', label, {
    domain: domainOf([...drawn, chance ?? Number.NaN], metric?.range),
    tickCount: 5,
  });
  const series = [...new Set(rows.map((row) => row.series))];
  const legend = series.length > 1 ? { width } : null;
  const band = rows.some(({ runs }) => runs > 1) ? 'Least to greatest' : 'Interval';
  return chart(
    title ?? withLabels(`${label} by ${axis}`, shared),
    subtitle(rows, over),
    width + 40,
    {
      data: { name: 'points', values: rows },
      width,
      height,
      layer: [
        ...(chance === undefined ? [] : [ruleAt('y', chance, y)]),
        ...lineLayers(series, { x, y, legend, bands: true, points: true, tooltip: { band } }),
      ],
    },
  );
}

export const draw = drawMetrics(linesChart);

/**
 * Throws a {@link StageError} where no axis, or more than one, could be what the number is drawn
 * against.
 */
export function linesAgainst(
  items: readonly MetricItem[],
  {
    against,
    over = [],
  }: { readonly against?: string | undefined; readonly over?: readonly string[] | undefined },
) {
  const axes = axesOf(items);
  const axis = against ?? onlyAxis(items, axes, over);
  requireKnown('an axis of the metrics in "against"', [axis], axes);
  const strange = items.find(({ labels }) => !isNumber(labels[axis]));
  if (strange !== undefined) {
    throw new StageError(
      `Expected numbers on the axis "${axis}", got "${strange.labels[axis] ?? 'none'}".`,
    );
  }
  const lines = groupOver(items, [axis, ...over]);
  return {
    axis,
    lines: lines.map(({ labels, items }) => ({ labels, points: pointsOf(items, axis) })),
  };
}

function onlyAxis(
  items: readonly MetricItem[],
  axes: readonly string[],
  over: readonly string[],
): string {
  const fitting = axes.filter((axis) => {
    const values = new Set(items.map(({ labels }) => labels[axis]));
    return !over.includes(axis) && values.size > 1 && [...values].every(isNumber);
  });
  if (fitting.length === 1) return fitting[0]!;
  throw new StageError(
    `Expected one axis of numbers to draw against, got ${fitting.length === 0 ? 'none' : fitting.join(', ')}: name it by "against".`,
  );
}

const isNumber = (text: string | undefined): boolean =>
  text !== undefined && text.trim() !== '' && Number.isFinite(Number(text));

type Point = ReturnType<typeof pointsOf>[number];

/**
 * One run's number with its interval, or the mean of several from the least to the greatest; by
 * rising x.
 */
function pointsOf(items: readonly MetricItem[], axis: string) {
  const positions = [...new Set(items.map(({ labels }) => Number(labels[axis])))].sort(
    (a, b) => a - b,
  );
  return positions.map((x) => {
    const members = items.filter(({ labels }) => Number(labels[axis]) === x);
    const values = members.map(({ value }) => value);
    const [{ interval, confidence } = {}] = members;
    const ends =
      members.length > 1 ? ([Math.min(...values), Math.max(...values)] as const) : interval;
    return {
      x,
      value: mean(values),
      runs: members.length,
      ...(ends && { low: ends[0], high: ends[1] }),
      ...(members.length === 1 && confidence !== undefined && { confidence }),
    };
  });
}

function subtitle(points: readonly Point[], over: readonly string[]): string {
  const runs = Math.max(...points.map((point) => point.runs));
  if (runs > 1)
    return `Lines: mean of ${runs} runs${over.length === 0 ? '' : ` (${formatList(over)})`}; bands: least to greatest`;
  const level = levelOf(
    points.flatMap(({ low, confidence }) => (low === undefined ? [] : [confidence])),
  );
  return level === undefined
    ? 'One number at each point'
    : `Bands: ${level} intervals of each point`;
}
