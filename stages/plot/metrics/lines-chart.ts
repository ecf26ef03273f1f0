import type { TopLevelSpec } from 'vega-lite';
import { formatLevel, formatList } from '../../../src/format-numbers.ts';
import { chartTitle, withLabels } from '../../../src/learning/charts/chart-title.ts';
import { nameSeries, seriesScales } from '../../../src/learning/charts/series.ts';
import { ink } from '../../../src/learning/charts/theme.ts';
import type { Lines, Point } from './lines-data.ts';
import { formatValue } from './read-metrics.ts';

interface Options {
  /** The number's path. */
  readonly value: string;
  /** What it is called; its path when left out. */
  readonly label?: string | undefined;
  readonly title?: string | undefined;
}

const [width, height] = [440, 260];

/** A line for each series with its points, and bands about them; chance is ruled for an AUC. */
export function linesChart({ axis, over, lines }: Lines, { value, label = value, title }: Options): TopLevelSpec {
  const { names, shared } = nameSeries(lines.map(({ labels }) => labels));
  const rows = lines.flatMap(({ points }, index) =>
    points.map((point) => ({ series: names[index] || label, ...point })),
  );
  const chance = value.split('.').at(-1) === 'auc' ? 0.5 : undefined;
  const drawn = rows.flatMap(({ value, low = value, high = value }) => [low, high]).concat(chance ?? []);
  const [least, most] = [Math.min(...drawn), Math.max(...drawn)];
  const margin = 0.04 * (most - least) || 0.05;
  const series = [...new Set(rows.map((row) => row.series))];
  const { color, strokeDash, shape } = seriesScales(series);
  const legend =
    series.length > 1
      ? { orient: 'bottom' as const, title: null, columns: 2, labelLimit: 220, symbolOpacity: 1 }
      : null;
  const ticks = [...new Set(rows.map(({ x }) => x))].sort((a, b) => a - b);
  const x = {
    field: 'x',
    type: 'quantitative' as const,
    title: axis,
    scale: { domain: [ticks[0]!, ticks.at(-1)!], nice: false, zero: false, padding: 8 },
    // As many digits as each has: by one format for all, 0.125 would be 0.1.
    axis: { values: ticks, labelExpr: "'' + datum.value", grid: false, labelOverlap: true },
  };
  const y = (field: string) => ({
    field,
    type: 'quantitative' as const,
    title: label,
    scale: { domain: [least - margin, most + margin], nice: false, zero: false },
    axis: { tickCount: 5 },
  });
  const coloured = { field: 'series', type: 'nominal' as const, scale: color, legend };
  return {
    title: chartTitle(
      title ?? withLabels(finding(lines, names, label, axis), shared),
      subtitle({ axis, over, lines }),
      width + 40,
    ),
    data: { name: 'points', values: rows },
    width,
    height,
    layer: [
      ...(chance === undefined
        ? []
        : [
            {
              data: { values: [{ chance }] },
              mark: { type: 'rule' as const, color: ink.medium, strokeDash: [4, 4] },
              encoding: { y: y('chance') },
            },
          ]),
      {
        transform: [{ filter: 'isValid(datum.low)' }],
        mark: { type: 'area', opacity: 0.15 },
        encoding: { x, y: y('low'), y2: { field: 'high' }, color: coloured },
      },
      {
        // A field of its own, since dashes in the legend would fray its symbols.
        transform: [{ calculate: 'datum.series', as: 'dash' }],
        mark: { type: 'line', strokeWidth: 2 },
        encoding: {
          ...{ x, y: y('value'), color: coloured },
          strokeDash: { field: 'dash', type: 'nominal', scale: strokeDash, legend: null },
        },
      },
      {
        mark: { type: 'point', filled: true, size: 45, opacity: 1 },
        encoding: {
          ...{ x, y: y('value'), color: coloured },
          shape: { field: 'series', type: 'nominal', scale: shape, legend },
        },
      },
    ],
  };
}

/** Of the line whose values differ most, from where to where it goes, or that no change of it shows. */
function finding(lines: Lines['lines'], names: readonly string[], label: string, axis: string): string {
  const moves = lines.map(({ points }, index) => ({ name: names[index]!, points, ...rangeOf(points) }));
  const [most] = moves.sort((a, b) => b.greatest - b.least - (a.greatest - a.least));
  const { name, points, least, greatest } = most!;
  const [first, last] = [points[0]!, points.at(-1)!];
  if (first === last) return `${label} is ${formatValue(first.value)} at ${axis} ${first.x}`;
  const what = name === '' || lines.length === 1 ? label : `${label} of ${name}`;
  if (points.every(({ low, high }) => low !== undefined && low <= least && greatest <= high!)) {
    return `${what} is ${formatValue(least)} to ${formatValue(greatest)} from ${axis} ${first.x} to ${last.x}, all within every band`;
  }
  const verb = last.value > first.value ? 'rises' : last.value < first.value ? 'falls' : 'goes';
  const way = `${verb} from ${formatValue(first.value)} at ${axis} ${first.x} to ${formatValue(last.value)} at ${last.x}`;
  return `${what} ${way}${between(first.value, last.value, { least, greatest })}`;
}

/** How far a line goes between its ends, where that is further than from one to the other. */
function between(first: number, last: number, { least, greatest }: ReturnType<typeof rangeOf>): string {
  const [down, up] = [Math.min(first, last) - least, greatest - Math.max(first, last)];
  if (Math.max(down, up) <= Math.abs(last - first)) return '';
  return down > up ? `, down to ${formatValue(least)} between` : `, up to ${formatValue(greatest)} between`;
}

function rangeOf(points: readonly Point[]) {
  const values = points.map(({ value }) => value);
  return { least: Math.min(...values), greatest: Math.max(...values) };
}

function subtitle({ over, lines }: Lines): string {
  const points = lines.flatMap((line) => line.points);
  const runs = Math.max(...points.map((point) => point.runs));
  const hasBands = points.some(({ low }) => low !== undefined);
  if (runs > 1)
    return `Lines: mean of ${runs} runs${over.length === 0 ? '' : ` (${formatList(over)})`}; bands: least to greatest`;
  if (!hasBands) return 'One number at each point';
  const levels = [...new Set(points.map(({ confidence }) => confidence))];
  const level = levels.every((one) => one !== undefined) ? formatList(levels.map(formatLevel)) : 'confidence';
  return `Bands: ${level} intervals of each point`;
}
