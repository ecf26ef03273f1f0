import type { TopLevelSpec } from 'vega-lite';
import {
  linearTicks,
  logarithmicTicks,
  tickText,
  tickTexts,
} from '../../src/learning/charts/axis-ticks.ts';
import { chart, type Domain, type Part, textAt } from '../../src/learning/charts/encoders.ts';
import { fitText } from '../../src/learning/charts/fit-text.ts';
import { textWidth } from '../../src/learning/charts/fonts.ts';
import { fills, ink, palette } from '../../src/learning/charts/theme.ts';
import { headingOf, inRow, numberText, withTooltip } from '../../src/learning/charts/tooltips.ts';
import { findMetric } from '../../src/learning/metrics/metric-catalogue.ts';
import { selectionSplit } from '../../src/learning/training/splits.ts';
import type { About } from './about.ts';
import { levelsOf, type Trials } from './trials.ts';

const height = 280;
/** Between two axes, in units, for few and for many of them. */
const gaps = { least: 96, most: 170, whole: 660 };
const labelSize = 11;
/** Below the axis: where a trial lacks a setting. */
const lacking = -0.1;

/** A vertical axis: a setting, or the result. */
interface Coordinate {
  readonly title: string;
  /** The position of each trial from 0 at the bottom to 1. */
  readonly positions: readonly number[];
  readonly ticks: readonly { readonly at: number; readonly text: string }[];
}

/**
 * A line for each trial across the settings to the result. The better a trial, the darker its line,
 * and better ones are drawn over worse ones.
 */
export function parallelChart(sweep: Trials, { by, better, ranks }: About): TopLevelSpec {
  const { trials, settings } = sweep;
  const coordinates = [
    ...settings.map((setting): Coordinate => {
      const { title, values, isNumeric, isLogarithmic } = setting;
      if (isNumeric) return ofNumbers(title, values as readonly number[], isLogarithmic);
      return ofCategories(title, values, levelsOf(setting));
    }),
    ofResults(sweep, by),
  ];
  const gap = Math.min(gaps.most, Math.max(gaps.least, gaps.whole / settings.length));
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
  const title = `Settings of each trial, and its ${findMetric(by)?.title ?? by} on ${selectionSplit}`;
  const subtitle = `${trials.length} trials; dark: the best by ${by} (${better} is better), grey: the worst`;
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
