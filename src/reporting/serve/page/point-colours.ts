import { coloursOf, palette } from '../../../learning/charts/palette.ts';
import { colourMap } from '../../../learning/vision/colour-map.ts';
import { type Column, itemsOf } from '../filter-query.ts';
import { colourNumber } from './paint-points.ts';

/** What a colour of points means. */
export interface ColourEntry {
  readonly name: string;
  /** `#rrggbb` */
  readonly colour: string;
  readonly images: number;
}

/** The colours of points by a column, and what they mean. */
export interface PointColours {
  /** One for each row, as 0xBBGGRR. */
  readonly colours: Uint32Array;
  /** For a column of texts: its most frequent values. */
  readonly entries: readonly ColourEntry[];
  /** How many images have another value, or none: they are grey. */
  readonly others: number;
  /** For a column of numbers: the ends of its scale. */
  readonly range?: readonly [low: number, high: number];
}

/** Two greys that can be told from paper and ink, light and dark. */
const grey = '#8a929c';
/** The palette's last colour, black, is none on dark paper. */
const most = palette.length - 1;
const viridis = colourMap('viridis');
/** The ends of viridis can hardly be told from dark and light paper. */
const onScale = (share: number) => viridis(0.1 + 0.8 * share);

/** Colours of `rows` points by a column; grey without one. `order` is that of classes. */
export function pointColours(
  column: Column | undefined,
  rows: number,
  order: readonly string[],
): PointColours {
  const values = column?.values.map((cell) => itemsOf(cell)[0]) ?? [];
  const numbers = values.filter((value) => typeof value === 'number');
  if (column === undefined) {
    return { colours: new Uint32Array(rows).fill(colourNumber(grey)), entries: [], others: rows };
  }
  return numbers.length > 0 ? byNumber(values, numbers, rows) : byText(values, rows, order);
}

type Values = readonly (string | number | undefined)[];

function byNumber(values: Values, numbers: readonly number[], rows: number): PointColours {
  const low = numbers.reduce((least, value) => Math.min(least, value), Infinity);
  const high = numbers.reduce((largest, value) => Math.max(largest, value), -Infinity);
  const none = colourNumber(grey);
  const colours = Uint32Array.from({ length: rows }, (_, row) => {
    const value = values[row];
    if (typeof value !== 'number') return none;
    const [red, green, blue] = onScale(high > low ? (value - low) / (high - low) : 0.5);
    return (blue << 16) | (green << 8) | red;
  });
  return { colours, entries: [], others: rows - numbers.length, range: [low, high] };
}

function byText(values: Values, rows: number, order: readonly string[]): PointColours {
  const counts = new Map<string, number>();
  for (const value of values)
    if (value !== undefined) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
  const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  const names = [...counts.keys()].sort(
    (a, b) => place(a) - place(b) || counts.get(b)! - counts.get(a)! || (a < b ? -1 : 1),
  );
  const named = names.slice(0, most);
  const range = coloursOf(named);
  const entries = named.map((name, i) => ({ name, colour: range[i]!, images: counts.get(name)! }));
  const numberOf = new Map(entries.map(({ name, colour }) => [name, colourNumber(colour)]));
  const none = colourNumber(grey);
  return {
    colours: Uint32Array.from(
      { length: rows },
      (_, row) => numberOf.get(String(values[row])) ?? none,
    ),
    entries,
    others: rows - entries.reduce((sum, { images }) => sum + images, 0),
  };
}

/** The colours of a scale from low to high, for a gradient. */
export const scaleColours: readonly string[] = Array.from({ length: 9 }, (_, i) => {
  const [red, green, blue] = onScale(i / 8);
  return `rgb(${red}, ${green}, ${blue})`;
});
