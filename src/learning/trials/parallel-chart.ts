import type { TopLevelSpec } from 'vega-lite';
import { linearTicks, logarithmicTicks, tickText, tickTexts } from '../charts/axis-ticks.ts';
import { chart, type Domain, type Part, textAt } from '../charts/encoders.ts';
import { fitText } from '../charts/fit-text.ts';
import { textWidth } from '../charts/fonts.ts';
import { fills, ink, palette } from '../charts/theme.ts';
import { headingOf, inRow, numberText, withTooltip } from '../charts/tooltips.ts';
import { findMetric } from '../metrics/metric-catalogue.ts';
import { type About, resultTitle } from './about.ts';
import { levelsOf, type Trials } from './trials.ts';

const height = 280;
/** Between two axes, in units, for few and for many of them. */
const gaps = { least: 96, most: 170, whole: 660 };
const labelSize = 11;
/** Below the axis: where a trial lacks a setting. */
const lacking = -0.1;

/** Where a value lies along an axis of numbers: from its least to its greatest one. */
interface NumberScale {
  readonly form: 'numbers';
  readonly domain: Domain;
  readonly isLogarithmic: boolean;
}

/** Levels from the bottom up, each in the middle of its part of the axis. */
interface LevelScale {
  readonly form: 'levels';
  readonly levels: readonly (number | string)[];
}

/** An axis as a page needs it to tell which values a stretch of it has. */
export interface ParallelAxis {
  /** The name of the setting; empty for the result. */
  readonly name: string;
  /** In units from the left edge of the panel. */
  readonly x: number;
  readonly scale: NumberScale | LevelScale;
}

/** A vertical axis: a setting, or the result. */
interface Coordinate {
  readonly title: string;
  readonly scale: ParallelAxis['scale'];
  /** The position of each trial from 0 at the bottom to 1. */
  readonly positions: readonly number[];
  readonly ticks: readonly { readonly at: number; readonly text: string }[];
}

/**
 * A line for each trial across the settings to the result. The better a trial, the bluer its line,
 * in light and dark pages; better ones are drawn over worse ones.
 */
export function parallelChart(sweep: Trials, about: About): TopLevelSpec {
  const { by, better, ranks, noun } = about;
  const { trials, settings } = sweep;
  const coordinates = coordinatesOf(sweep, by);
  const gap = gapOf(sweep);
  const width = gap * settings.length;
  const lastTicks = coordinates.at(-1)!.ticks.map(({ text }) => textWidth(text, labelSize));
  const order = [...trials.keys()].sort((a, b) => ranks[b]! - ranks[a]!);
  const worst = Math.max(1, trials.length - 1);
  const lines = order.flatMap((trial, drawn) =>
    coordinates.map(({ positions }, index) => ({
      trial: trials[trial]!.name,
      result: trials[trial]!.value,
      drawn,
      goodness: 1 - ranks[trial]! / worst,
      x: index * gap,
      y: (1 - positions[trial]!) * height,
    })),
  );
  const title = `Settings of each ${noun}, and its ${resultTitle(about)}`;
  const subtitle = `${trials.length} ${noun}s; blue: the best by ${by} (${better} is better), grey: the worst`;
  return chart(title, subtitle, width + 40, {
    width,
    height,
    view: { stroke: null },
    layer: [
      lineLayer(lines, by),
      ...coordinates.flatMap((coordinate, index) => axisLayers(coordinate, index * gap, gap)),
      // Room for the labels of the last axis.
      textAt(width + 8 + Math.max(...lastTicks), 0, ' '),
    ],
  });
}

/** Axes of the settings in their order, then that of the result. */
const coordinatesOf = (sweep: Trials, by: string): readonly Coordinate[] => [
  ...sweep.settings.map((setting): Coordinate => {
    const { title, values, isNumeric, isLogarithmic } = setting;
    if (isNumeric) return ofNumbers(title, values as readonly number[], isLogarithmic);
    return ofCategories(title, values, levelsOf(setting));
  }),
  ofResults(sweep, by),
];

const gapOf = ({ settings }: Trials): number =>
  Math.min(gaps.most, Math.max(gaps.least, gaps.whole / settings.length));

/** The axes of the chart, and how high they are, in units. */
export function parallelAxes(
  sweep: Trials,
  by: string,
): { readonly height: number; readonly axes: readonly ParallelAxis[] } {
  const gap = gapOf(sweep);
  const axes = coordinatesOf(sweep, by).map(({ scale }, index) => {
    return { name: sweep.settings[index]?.name ?? '', x: index * gap, scale };
  });
  return { height, axes };
}

function lineLayer(values: readonly object[], by: string): Part {
  const position = (field: string) => ({ field, type: 'quantitative', scale: null, axis: null });
  const rows = [headingOf('trial'), { title: by, text: numberText(inRow('result')) }];
  return withTooltip(rows, {
    data: { name: 'trials', values: [...values] },
    mark: { type: 'line', strokeWidth: 1.5, opacity: 0.9 },
    encoding: {
      x: position('x'),
      y: position('y'),
      detail: { field: 'drawn', type: 'ordinal' },
      order: { field: 'x', type: 'quantitative' },
      color: {
        field: 'goodness',
        type: 'quantitative',
        legend: null,
        scale: {
          domain: [0, 0.5, 1],
          range: [fills[3], '#7fb3d5', palette[0]],
          interpolate: 'rgb',
        },
      },
    },
  });
}

/** The line of an axis with its name above it and its ticks at the right, on white. */
function axisLayers({ title, ticks }: Coordinate, x: number, gap: number): readonly Part[] {
  const rule = {
    data: { values: [{}] },
    mark: { type: 'rule', color: ink.strong, strokeWidth: 1 },
    encoding: { x: { value: x }, y: { value: 0 }, y2: { value: height } },
  };
  const font = { size: 12, weight: 'bold' } as const;
  const name = textAt(x, -16, fitText(title, gap - 8, font), {
    align: 'center',
    fontSize: font.size,
    fontWeight: font.weight,
  });
  const labels = ticks.flatMap(({ at, text: whole }) => {
    const y = (1 - at) * height;
    const text = fitText(whole, gap - 16, { size: labelSize });
    const mark = { fontSize: labelSize, baseline: 'middle', limit: gap };
    return [
      textAt(x + 6, y, text, { ...mark, stroke: '#ffffff', strokeWidth: 3, opacity: 0.9 }),
      textAt(x + 6, y, text, mark),
    ];
  });
  const dashes = ticks.map(({ at }) => ({
    data: { values: [{}] },
    mark: { type: 'rule', color: ink.strong, strokeWidth: 1 },
    encoding: { x: { value: x - 3 }, x2: { value: x + 3 }, y: { value: (1 - at) * height } },
  }));
  return [rule, name, ...dashes, ...labels];
}

function ofNumbers(
  title: string,
  values: readonly (number | undefined)[],
  isLogarithmic: boolean,
): Coordinate {
  const known = values.filter((value) => value !== undefined);
  const domain: Domain = [Math.min(...known), Math.max(...known)];
  const scaled = isLogarithmic ? Math.log : (value: number) => value;
  const [low, high] = domain.map(scaled) as [number, number];
  const at = (value: number) => (high > low ? (scaled(value) - low) / (high - low) : 0.5);
  const isWhole = known.every(Number.isInteger);
  const round = isLogarithmic ? logarithmicTicks(domain) : linearTicks(domain, 5);
  const chosen = isWhole ? round.filter(Number.isInteger) : round;
  const shown = chosen.length > 1 ? chosen : domain;
  const texts = isLogarithmic ? shown.map(tickText) : tickTexts(shown);
  const ticks = shown.map((value, index) => ({ at: at(value), text: texts[index]! }));
  return withLacking({
    title,
    scale: { form: 'numbers', domain, isLogarithmic },
    positions: values.map((value) => (value === undefined ? lacking : at(value))),
    ticks,
  });
}

function ofCategories(
  title: string,
  values: readonly (number | string | undefined)[],
  levels: readonly (number | string)[],
): Coordinate {
  const at = (level: number) => (level + 0.5) / levels.length;
  return withLacking({
    title,
    scale: { form: 'levels', levels },
    positions: values.map((value) => (value === undefined ? lacking : at(levels.indexOf(value)))),
    ticks: levels.map((level, index) => ({ at: at(index), text: String(level) })),
  });
}

const ofResults = ({ trials }: Trials, by: string): Coordinate =>
  ofNumbers(
    findMetric(by)?.title ?? by,
    trials.map(({ value }) => value),
    false,
  );

/** With a tick for the trials that lack the setting. */
const withLacking = (coordinate: Coordinate): Coordinate =>
  coordinate.positions.includes(lacking)
    ? { ...coordinate, ticks: [...coordinate.ticks, { at: lacking, text: 'none' }] }
    : coordinate;
