import { type Colour, mix } from './traits.ts';

/** An SVG element; undefined attributes are left out. */
export function tag(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
  content = '',
): string {
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

export function rgb(colour: Colour): string {
  return `rgb(${colour.map((value) => Math.round(Math.max(0, Math.min(255, value)))).join(',')})`;
}

export const darker = (colour: Colour, share: number): Colour => mix(colour, [18, 8, 6], share);
export const lighter = (colour: Colour, share: number): Colour => mix(colour, [255, 246, 236], share);

export function ellipse(cx: number, cy: number, rx: number, ry: number, fill: string, opacity = 1, extra = {}): string {
  return tag('ellipse', { cx, cy, rx, ry, fill, opacity: opacity === 1 ? undefined : opacity, ...extra });
}

/** A soft edge for everything in `content`; `blur` names one of the filters of {@link filters}. */
export function softened(blur: keyof typeof blurs, content: string): string {
  return tag('g', { filter: `url(#${blur})` }, content);
}

const blurs = { haze: 9, soft: 4, edge: 1.2 } as const;

/** The filters that {@link softened} uses. */
export const filters = Object.entries(blurs)
  .map(([id, deviation]) => {
    const area = { x: '-30%', y: '-30%', width: '160%', height: '160%' };
    return tag('filter', { id, ...area }, tag('feGaussianBlur', { stdDeviation: deviation }));
  })
  .join('');

function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}
