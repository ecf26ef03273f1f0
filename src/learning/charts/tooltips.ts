import { awayFromZero } from '../../format-numbers.ts';
import type { Part } from './spec-part.ts';

/** A line of a tooltip. */
export interface TooltipRow {
  /** What the axis or the table calls it. */
  readonly title: string;
  /**
   * An expression of Vega for its text, in the unit of the title; `datum` is the row of the data.
   */
  readonly text: string;
}

/**
 * A title as Vega-Lite can take it. It writes titles into expressions and escapes only quotes: a
 * line break or a backslash in one would be a syntax error.
 */
export const titleText = (title: string): string =>
  title.replace(/\s+/g, ' ').replaceAll('\\', '∖');

/** A line without a name above the others: vega-tooltip shows a field of this name so. */
export const headingOf = (field: string): TooltipRow => ({ title: 'title', text: inRow(field) });

/**
 * The field of a channel by the title of its axis and as its labels show it, with the digits that
 * one reads from a chart.
 */
export function rowOf(channel: Part, title = String(channel['title'] ?? '')): TooltipRow {
  const value = inRow(String(channel['field']));
  if (channel['type'] !== 'quantitative') return { title, text: value };
  const { labelExpr } = (channel['axis'] ?? {}) as { readonly labelExpr?: string };
  return {
    title,
    text: labelExpr === undefined ? numberText(value) : labelExpr.replaceAll('datum.value', value),
  };
}

/** `0.61 to 0.68`, or a dash where the row has no interval. */
export function intervalOf(
  channel: Part,
  title: string,
  [low, high]: readonly [string, string] = ['low', 'high'],
): TooltipRow {
  const textOf = (field: string) => rowOf({ ...channel, field }).text;
  return {
    title,
    text: `isValid(${inRow(low)}) ? (${textOf(low)}) + ' to ' + (${textOf(high)}) : '–'`,
  };
}

export const inRow = (field: string): string => `datum[${JSON.stringify(field)}]`;

/**
 * Vega rounds the binary form of a number, which may lie below a tie: 0.7725 would be 0.772 in a
 * tooltip and 0.773 in a table. This decides ties as `toDecimals` does.
 */
export const tiesAway = (value: string): string => `(${awayFromZero} * ${value})`;

/** A number by an expression: whole ones with all digits, others with four. */
export const numberText = (value: string): string =>
  `(${value} === floor(${value}) ? format(${value}, ',d') : format(${tiesAway(value)}, abs(${value}) < 1000 ? '.4~r' : ',.1f'))`;

/** A share in per cent with its sign. */
export const shareText = (value: string): string =>
  `format(${tiesAway(`100 * ${value}`)}, '.1f') + ' %'`;

/** The transform and the channel that show rows as the tooltip of a mark. */
export function tooltip(rows: readonly TooltipRow[]): {
  readonly transform: readonly Part[];
  readonly tooltip: readonly Part[];
} {
  const nameOf = (index: number) => `tooltip ${index + 1}`;
  return {
    transform: rows.map(({ text }, index) => ({ calculate: text, as: nameOf(index) })),
    tooltip: rows.map(({ title }, index) => ({
      field: nameOf(index),
      type: 'nominal',
      title: titleText(title),
    })),
  };
}

/** A unit with a tooltip. */
export function withTooltip(rows: readonly TooltipRow[], unit: Part): Part {
  const { transform, tooltip: channel } = tooltip(rows);
  return {
    ...unit,
    transform: [...((unit['transform'] ?? []) as readonly Part[]), ...transform],
    encoding: { ...(unit['encoding'] as Part), tooltip: channel },
  };
}

/** Names of the layers that only react to the pointer. */
const layerName = 'tooltips';

interface NearestOptions {
  readonly data?: Part;
  readonly transform?: readonly Part[];
  readonly x: Part;
  readonly y: Part;
  /** The directions in which the nearest point is looked for. */
  readonly along?: readonly ('x' | 'y')[];
  /** Whether the point is marked. */
  readonly isMarked?: boolean;
  /** Whether points beyond the axes are left out; else the chart grows by the way to them. */
  readonly isClipped?: boolean;
}

/**
 * A layer that shows the tooltip of the point nearest to the pointer, wherever that is in the
 * panel, and marks the point.
 */
export function nearestTooltip(rows: readonly TooltipRow[], options: NearestOptions): Part {
  const { data, transform = [], x, y, along = ['x', 'y'] } = options;
  const { isMarked = true, isClipped = false } = options;
  const select = {
    type: 'point',
    on: 'pointerover',
    clear: 'pointerout',
    nearest: true,
    encodings: along,
  };
  const visible = {
    condition: { param: layerName, empty: false, value: isMarked ? 0.5 : 0 },
    value: 0,
  };
  return withTooltip(rows, {
    name: layerName,
    ...(data && { data }),
    transform,
    params: [{ name: layerName, select }],
    mark: {
      type: 'point',
      filled: false,
      size: 120,
      strokeWidth: 2,
      color: '#000000',
      aria: false,
      ...(isClipped && { clip: true }),
    },
    encoding: { x, y, opacity: visible },
  });
}

/**
 * Makes the tooltips of a spec those that its marks name: without a word, a page would show the
 * fields of every mark. Layers for the pointer get names of their own, and come last in their
 * panel, where no mark lies above them.
 */
export function explicitTooltips(spec: Part): Part {
  let count = 0;
  const finish = (part: Part): Part => {
    if (part['mark'] !== undefined)
      return part['name'] === layerName ? numbered(part, ++count) : silent(part);
    const groups = ['layer', 'concat', 'hconcat', 'vconcat'].flatMap((name) => {
      const parts = part[name] as readonly Part[] | undefined;
      return parts === undefined ? [] : [[name, ordered(parts).map(finish)] as const];
    });
    return { ...part, ...Object.fromEntries(groups) };
  };
  return finish(spec);
}

const isForPointer = ({ name }: Part): boolean => String(name ?? '').startsWith(layerName);

/** Layers for the pointer after all others. */
const ordered = (parts: readonly Part[]): readonly Part[] => [
  ...parts.filter((part) => !isForPointer(part)),
  ...parts.filter(isForPointer),
];

/** A layer for the pointer with a name that no other part of the spec has. */
function numbered(part: Part, count: number): Part {
  const name = `${layerName}${count}`;
  return JSON.parse(JSON.stringify(part).replaceAll(`"${layerName}"`, `"${name}"`)) as Part;
}

function silent(part: Part): Part {
  const { mark, encoding } = part as { readonly mark: Part | string; readonly encoding?: Part };
  const whole = typeof mark === 'string' ? { type: mark } : mark;
  return encoding?.['tooltip'] !== undefined || 'tooltip' in whole
    ? part
    : { ...part, mark: { ...whole, tooltip: null } };
}

/** The same spec without the layers for the pointer, for a picture. */
export function withoutPointer<T extends object>(spec: T): T {
  const groups = ['layer', 'concat', 'hconcat', 'vconcat'].flatMap((name) => {
    const parts = (spec as Part)[name];
    if (!Array.isArray(parts)) return [];
    return [[name, parts.filter((part) => !isForPointer(part)).map(withoutPointer)] as const];
  });
  return { ...spec, ...Object.fromEntries(groups) };
}
