import type { TopLevelSpec } from 'vega-lite';
import { chartTitle } from './chart-title.ts';
import { fitText, fittedLabels } from './fit-text.ts';
import { textWidth } from './fonts.ts';
import type { Part } from './spec-part.ts';
import { ink } from './theme.ts';
import { explicitTooltips, tiesAway, titleText } from './tooltips.ts';

export type { Part };

/**
 * A whole chart: its title is wrapped to `width`, in units. Only marks that name a tooltip have
 * one.
 */
export function chart(title: string, subtitle: string, width: number, body: Part): TopLevelSpec {
  const spec: object = { title: chartTitle(title, subtitle, width), ...explicitTooltips(body) };
  return spec as TopLevelSpec;
}

export type Domain = readonly [low: number, high: number];

/**
 * A position on an axis of numbers. With a domain the axis has exactly this range, else that of the
 * data.
 */
export function quantity(
  field: string,
  title: string | null,
  { domain, scale, ...axis }: { readonly domain?: Domain; readonly scale?: Part } & Part = {},
): Part {
  const exact = domain && { domain: [...domain], nice: false };
  // The theme's count of ticks would thin out values that are given, and so would the least step of
  // 1 that the format `d` implies.
  const ticks = Array.isArray(axis['values'])
    ? { tickCount: axis['values'].length, tickMinStep: 0 }
    : {};
  return {
    field,
    type: 'quantitative',
    title: title && titleText(title),
    scale: { zero: false, ...exact, ...scale },
    axis: { ...axis, ...ticks },
  };
}

/** The same channel with the values of another field. */
export const withField = (channel: Part, field: string): Part => ({ ...channel, field });

/** An axis whose shares are labelled in per cent, without the sign. */
export const inPercent = { labelExpr: `round(${tiesAway('1000 * datum.value')}) / 10` } as const;

/** An axis of shares from 0 to 1. */
export const share = (field: string, title: string | null, axis: Part = {}): Part =>
  quantity(field, title, { domain: [0, 1], tickCount: 5, format: '.1f', ...axis });

/**
 * The rows of a chart from top to bottom by their names; a name wider than `longest` units is
 * shortened in the middle.
 */
export function rowNames(
  field: string,
  names: readonly string[],
  longest: number,
  axis: Part = {},
): Part {
  return {
    field,
    type: 'nominal',
    title: null,
    scale: { domain: [...names] },
    axis: { domain: false, ticks: false, grid: true, ...fittedLabels(names, longest), ...axis },
  };
}

/**
 * The range of the finite values with a margin of 4 %, inside `within`, wider than rounding errors;
 * 0 to 1 without any.
 */
export function domainOf(values: Iterable<number>, within: Domain = [-Infinity, Infinity]): Domain {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values)
    if (Number.isFinite(value)) [low, high] = [Math.min(low, value), Math.max(high, value)];
  if (low > high) return [0, 1];
  const least = 0.02 * Math.max(Math.abs(low), Math.abs(high)) || 1;
  const margin = Math.max(0.04 * (high - low), (least - (high - low)) / 2);
  return [Math.max(within[0], low - margin), Math.min(within[1], high + margin)];
}

/** A line across the chart at one value of a channel, dashed unless said otherwise. */
export function ruleAt(along: 'x' | 'y', value: number, channel: Part, mark: Part = {}): Part {
  return {
    data: { values: [{ at: value }] },
    mark: { type: 'rule', color: ink.medium, strokeDash: [4, 4], ...mark },
    encoding: { [along]: withField(channel, 'at') },
  };
}

type Point = readonly [x: number, y: number];

/** A straight line between two points, such as the diagonal of chance. */
export function guide(from: Point, to: Point, axes: Axes, mark: Part = {}): Part {
  const values = [from, to].map(([x, y]) => ({ x, y }));
  return {
    data: { values },
    mark: { type: 'line', color: ink.medium, strokeWidth: 1, strokeDash: [4, 4], ...mark },
    encoding: { x: withField(axes.x, 'x'), y: withField(axes.y, 'y') },
  };
}

export interface Axes {
  readonly x: Part;
  readonly y: Part;
}

/** A text at a position, in units from the upper left corner of a panel. */
export function textAt(
  x: number,
  y: number,
  text: string | readonly string[],
  mark: Part = {},
): Part {
  return {
    data: { values: [{}] },
    mark: { type: 'text', align: 'left', text: Array.isArray(text) ? [...text] : text, ...mark },
    encoding: { x: { value: x }, y: { value: y } },
  };
}

/**
 * A bold line above a panel: a name, which is shortened where there is no room, and what follows
 * it. `above` is its distance from the panel.
 */
export function panelHeader(name: string, rest: string, width: number, above = 9): Part {
  const font = { size: 12, weight: 'bold' } as const;
  const room = width - textWidth(rest, font.size, font.weight);
  return textAt(0, -above, fitText(name, room, font) + rest, {
    fontSize: 12,
    fontWeight: 'bold',
    limit: width + 1,
  });
}
