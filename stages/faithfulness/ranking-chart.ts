import type { TopLevelSpec } from 'vega-lite';
import { formatDecimal, formatEstimate, formatLevel, formatSigned, usualDecimals } from '../../src/format-numbers.ts';
import { methodTitle } from '../../src/learning/attribution/methods.ts';
import { chartTitle } from '../../src/learning/charts/chart-title.ts';
import { textWidth } from '../../src/learning/charts/text-width.ts';
import { ink, palette } from '../../src/learning/charts/theme.ts';
import { type Judgement, sideOf } from './judge.ts';
import { rankingDecimals } from './tables.ts';
import { baselineText, type Frame, imagesText, titled } from './texts.ts';

const width = 280;
const rowHeight = 26;

/**
 * How far each method is above the control, with the interval on the same images; filled where it can be told from it. The line
 * of an order by chance lies where the control's own contrast would be 0.
 */
export function rankingChart(judgement: Judgement, frame: Frame): TopLevelSpec {
  const { ranked, control } = judgement;
  const decimals = rankingDecimals(judgement);
  const chance = -control.contrast.estimate;
  const rows = ranked.map((method) => ({
    name: methodTitle(method.method),
    value: method.overControl.estimate,
    ...(!Number.isNaN(method.overControl.low) && { low: method.overControl.low, high: method.overControl.high }),
    told: sideOf(method.overControl, frame.confidence) !== 'neither',
    text: formatEstimate(method.overControl, (value) => formatSigned(value, decimals)),
  }));
  const drawn = [0, chance, ...rows.flatMap(({ value, low = value, high = value }) => [low, value, high])];
  const [low, high] = [Math.min(...drawn), Math.max(...drawn)];
  const margin = 0.06 * (high - low) || 0.1;
  const x = (field: string) => ({
    field,
    type: 'quantitative' as const,
    title: ['Insertion − deletion,', `less that of ${methodTitle(control.method)}`],
    scale: { domain: [low - margin, high + margin], nice: false, zero: false },
    // Long labels that do not fit would be left out, here and there.
    axis: {
      grid: false,
      tickCount: decimals > usualDecimals ? 2 : 4,
      labelExpr: "datum.value === 0 ? '0' : format(datum.value, '+')",
    },
  });
  const y = {
    field: 'name',
    type: 'nominal' as const,
    title: null,
    sort: rows.map(({ name }) => name),
    axis: { domain: false, ticks: false, grid: true },
  };
  const room = Math.max(...rows.map(({ text }) => textWidth(text, 12)));
  const notes = [
    imagesText(judgement, frame),
    baselineText(judgement, frame),
    `lines: ${formatLevel(frame.confidence)} intervals, not adjusted; filled: told from the control (p by Holm)`,
    `${methodTitle(control.method)} itself: ${formatEstimate(control.contrast, (value) => formatDecimal(value, decimals))}`,
  ];
  const rule = (at: number, strokeDash: number[]) => ({
    data: { values: [{ at }] },
    mark: { type: 'rule' as const, color: ink.medium, strokeDash },
    encoding: { x: x('at') },
  });
  const label = (at: number, text: string, align: 'left' | 'right') => ({
    data: { values: [{ at }] },
    mark: {
      type: 'text' as const,
      text,
      align,
      baseline: 'bottom' as const,
      dx: align === 'left' ? 2 : -2,
      color: ink.medium,
    },
    encoding: { x: x('at'), y: { value: -4 } },
  });
  return {
    title: chartTitle(titled(frame, 'Faithfulness'), notes.join('; '), width + room + 150),
    data: { name: 'methods', values: rows },
    width,
    height: { step: rowHeight },
    layer: [
      rule(0, []),
      rule(chance, [3, 3]),
      label(0, methodTitle(control.method), chance > 0 ? 'right' : 'left'),
      label(chance, 'order by chance', chance > 0 ? 'left' : 'right'),
      {
        mark: { type: 'rule', color: palette[0], strokeWidth: 2 },
        encoding: { y, x: x('low'), x2: { field: 'high' } },
      },
      {
        mark: { type: 'point', shape: 'square', size: 60, stroke: palette[0], strokeWidth: 2, opacity: 1 },
        encoding: {
          ...{ y, x: x('value') },
          fill: { condition: { test: 'datum.told', value: palette[0] }, value: '#ffffff' },
        },
      },
      {
        mark: { type: 'text', align: 'left', color: ink.strong },
        encoding: { y, x: { value: width + 12 }, text: { field: 'text', type: 'nominal' } },
      },
    ],
  };
}
