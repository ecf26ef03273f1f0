import { type Colour, mix } from './traits.ts';

/** An SVG element; undefined attributes are left out. */
export function tag(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
  content = '',
) {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? round(value) : value}"`);
  return `<${name}${written.join('')}>${content}</${name}>`;
}

/** Maps a point from the units of one part to the box of 256 by 256. */
export type Projection = (across: number, down: number) => readonly [number, number];

/** A part of the drawing: its centre, and the lengths of its units across and down. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export function within({ x, y, width, height }: Box): Projection {
  return (across, down) => [x + width * across, y + height * down];
}

/**
 * Path data as a template: letters, and pairs of coordinates, which are projected and written
 * short.
 */
export function pathIn(project: Projection) {
  return (letters: TemplateStringsArray, ...numbers: readonly number[]): string => {
    const words = String.raw({ raw: letters }, ...numbers)
      .trim()
      .split(/\s+/);
    const data: string[] = [];
    for (let index = 0; index < words.length; index++) {
      const word = words[index]!;
      if (/^[A-Za-z]$/.test(word)) data.push(word);
      else data.push(...project(Number(word), Number(words[++index])).map(round));
    }
    return data.join(' ');
  };
}

/** Path data in the box of 256 by 256. */
export const path = pathIn((across, down) => [across, down]);

export const filled = (d: string, fill: Colour, opacity?: number): string =>
  tag('path', { d, fill: rgb(fill), 'fill-opacity': opacity });

/** A line along an outline, which stays empty. */
export const stroked = (d: string, stroke: Colour, width: number, opacity?: number): string =>
  tag('path', {
    d,
    fill: 'none',
    stroke: rgb(stroke),
    'stroke-width': width,
    'stroke-opacity': opacity,
  });

/** Content clipped to an outline; an `id` is unique within a drawing. */
export const clipped = (id: string, d: string, content: string): string =>
  tag('clipPath', { id }, tag('path', { d })) + tag('g', { 'clip-path': `url(#${id})` }, content);

/** -1 is the left of the picture, 1 its right. */
export type Side = -1 | 1;

export const bothSides = (draw: (side: Side) => string): string => draw(-1) + draw(1);

export const repeated = (count: number, draw: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => draw(index)).join('');

export const rgb = (colour: Colour): string => `rgb(${channels(colour).join(',')})`;

const channels = (colour: Colour) =>
  colour.map((value) => Math.round(Math.max(0, Math.min(255, value))));

export const white: Colour = [255, 255, 255];

export const darker = (colour: Colour, share: number): Colour => mix(colour, [18, 8, 6], share);
export const lighter = (colour: Colour, share: number): Colour =>
  mix(colour, [255, 246, 236], share);

/**
 * `opacity` is that of the fill, here and above that of fill or stroke: an element's own opacity
 * would draw it as a layer.
 */
export function ellipse(
  cx: number,
  cy: number,
  rx: number,
  ry: number,
  fill: Colour,
  opacity?: number,
): string {
  return tag('ellipse', { cx, cy, rx, ry, fill: rgb(fill), 'fill-opacity': opacity });
}

/**
 * An ellipse that fades from its centre outwards: half of it is left at `rx` and `ry`, nothing at
 * twice that. It is a gradient: filters that blur took nine tenths of the time of a drawing. The
 * `defs` of the drawing need its {@link fades}.
 */
export function faded(
  cx: number,
  cy: number,
  rx: number,
  ry: number,
  fill: Colour,
  opacity: number,
): string {
  const gradient = `url(#fade-${channels(fill).join('-')})`;
  return tag('ellipse', {
    cx,
    cy,
    rx: 2 * rx,
    ry: 2 * ry,
    fill: gradient,
    'fill-opacity': opacity,
  });
}

/** The gradients that `content` uses by {@link faded}, one for each colour. */
export function fades(content: string): string {
  const ids = new Set(Array.from(content.matchAll(/url\(#(fade-[\d-]+)\)/g), ([, id]) => id!));
  return Array.from(ids, (id) => {
    const colour = `rgb(${id.split('-').slice(1).join(',')})`;
    const stops = repeated(fading.length, (index) =>
      tag('stop', {
        offset: index / (fading.length - 1),
        'stop-color': colour,
        'stop-opacity': fading[index],
      }),
    );
    return tag('radialGradient', { id }, stops);
  }).join('');
}

/**
 * The opacity of a fading ellipse from its centre to its edge: 1 - 3 t^2 + 2 t^3 at equal steps.
 */
const fading = [1, 0.84, 0.5, 0.16, 0];

function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}
