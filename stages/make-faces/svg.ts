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

/** Path data, as a template: its numbers are written short, its lines joined. */
export function path(letters: TemplateStringsArray, ...numbers: readonly number[]): string {
  return String.raw({ raw: letters }, ...numbers.map(round))
    .trim()
    .replaceAll(/\s+/g, ' ');
}

export const filled = (d: string, fill: string, opacity?: number): string =>
  tag('path', { d, fill, 'fill-opacity': opacity });

/** A line along an outline, which stays empty. */
export const stroked = (d: string, stroke: string, width: number, opacity?: number): string =>
  tag('path', { d, fill: 'none', stroke, 'stroke-width': width, 'stroke-opacity': opacity });

/** Content clipped to an outline; an `id` is unique within a drawing. */
export const clipped = (id: string, d: string, content: string): string =>
  tag('clipPath', { id }, tag('path', { d })) + tag('g', { 'clip-path': `url(#${id})` }, content);

export const rgb = (colour: Colour): string => `rgb(${channels(colour).join(',')})`;

const channels = (colour: Colour) =>
  colour.map((value) => Math.round(Math.max(0, Math.min(255, value))));

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
  fill: string,
  opacity = 1,
): string {
  return tag('ellipse', {
    cx,
    cy,
    rx,
    ry,
    fill,
    'fill-opacity': opacity === 1 ? undefined : opacity,
  });
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
  return ellipse(cx, cy, 2 * rx, 2 * ry, `url(#fade-${channels(fill).join('-')})`, opacity);
}

/** The gradients that `content` uses by {@link faded}, one for each colour. */
export function fades(content: string): string {
  const ids = new Set(Array.from(content.matchAll(/url\(#(fade-[\d-]+)\)/g), ([, id]) => id!));
  return Array.from(ids, (id) => {
    const colour = `rgb(${id.split('-').slice(1).join(',')})`;
    const stops = fading.map((opacity, place) =>
      tag('stop', {
        offset: place / (fading.length - 1),
        'stop-color': colour,
        'stop-opacity': opacity,
      }),
    );
    return tag('radialGradient', { id }, stops.join(''));
  }).join('');
}

/**
 * What is left of a fading ellipse from its centre to its edge: 1 - 3 t^2 + 2 t^3 at equal steps.
 */
const fading = [1, 0.84, 0.5, 0.16, 0];

function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}
