import type { Config } from 'vega-lite';
import { fontFamily } from './fonts.ts';
import { palette } from './palette.ts';

export { classColours, coloursOf, fills, palette } from './palette.ts';

/** Dashes of lines, in the order of the palette, for prints in grey. */
export const dashes: readonly (readonly number[])[] = [[], [8, 3], [2, 2.5], [9, 3, 2, 3], [4, 2]];

/** Shapes of points, in the order of the palette. */
export const shapes = [
  'circle',
  'square',
  'triangle-up',
  'diamond',
  'cross',
  'triangle-down',
  'triangle-right',
] as const;

/** Greys of text, of marks behind the data, and of grid lines. */
export const ink = { strong: '#222222', medium: '#5f6368', faint: '#e4e6e9' } as const;

/** Font sizes of titles and subtitles, for wrapping them. */
export const titleSize = 15;
export const subtitleSize = 12;

/** The look of every chart; a spec is complete without it. */
export const theme: Config = {
  background: '#ffffff',
  padding: 16,
  font: fontFamily,
  view: { stroke: null, continuousWidth: 440, continuousHeight: 280 },
  title: {
    anchor: 'start',
    frame: 'bounds',
    fontSize: titleSize,
    fontWeight: 'bold',
    color: ink.strong,
    subtitleFontSize: subtitleSize,
    subtitleColor: ink.medium,
    subtitlePadding: 5,
    offset: 14,
  },
  axis: {
    labelFontSize: 12,
    labelColor: ink.strong,
    labelPadding: 6,
    titleFontSize: 13,
    titleFontWeight: 'normal',
    titleColor: ink.strong,
    titlePadding: 10,
    gridColor: ink.faint,
    domainColor: ink.medium,
    tickColor: ink.medium,
    tickSize: 4,
    labelOverlap: 'greedy',
    labelFlush: false, // labels are centred on their ticks, at the ends too
  },
  axisQuantitative: { tickCount: 6 },
  header: { labelFontSize: 13, labelFontWeight: 'bold', labelColor: ink.strong, titleFontSize: 13 },
  legend: {
    labelFontSize: 12,
    labelColor: ink.strong,
    labelLimit: 360,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    titleColor: ink.medium,
    symbolSize: 90,
    symbolStrokeWidth: 2,
    rowPadding: 4,
    offset: 20,
  },
  mark: { color: palette[0] },
  line: { strokeWidth: 2 },
  point: { size: 45, filled: true },
  text: { fontSize: 12, color: ink.strong },
  range: { category: [...palette] },
};
