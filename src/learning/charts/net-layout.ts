import { formatCount } from '../../format-numbers.ts';
import { textWidth } from './text-width.ts';

/** A network as it is drawn, from the image to its last layer. */
export interface NetPicture {
  readonly title: string;
  readonly subtitle: string;
  readonly blocks: readonly NetBlock[];
}

/** Layers one after the other. With a name they have a frame. */
export interface NetBlock {
  readonly name?: string;
  readonly body: readonly NetUnit[];
  /** What goes around the body and is added to what goes through it; an empty list is the input itself. */
  readonly shortcut?: readonly NetUnit[];
}

/** A box: a layer, with those that only change its values. */
export interface NetUnit {
  /** Decides the colour; what is `other` gets a low box without its name. */
  readonly kind: 'conv' | 'separableConv' | 'pool' | 'dense' | 'other';
  readonly name: string;
  readonly does: string;
  /** What it leaves: `128 x 128 x 64`. */
  readonly shape: string;
  readonly parameters: number;
}

/** Of texts. */
export const size = { name: 12, small: 10.5, title: 16 } as const;
export const height = { box: 40, low: 22, arrow: 14, frameTop: 24, frameBottom: 12 } as const;
export const padding = 12;
export const gutter = 44;
/** Radius of the sign where a way around is added. */
export const adder = 9;
const widestBox = 400;
/** Between the title of a frame and the line into it. */
export const titleGap = 10;
/** Higher drawings are broken into columns, so that they come near to the shape of a page. */
const highestColumn = 1100;
const pageShape = 1.5;

export interface Widths {
  /** Of boxes from the left of their column: room for frames where there are any. */
  readonly inset: number;
  readonly box: number;
  readonly shortcut: number;
  readonly column: number;
}

export function widthsOf(blocks: readonly NetBlock[]): Widths {
  const widest = (units: readonly NetUnit[], least: number) =>
    Math.min(widestBox, Math.max(least, ...units.map((unit) => Math.ceil(boxWidth(unit)))));
  const titles = blocks.map(({ name = '' }) => 2 * Math.ceil(textWidth(name, size.small) + titleGap));
  const box = widest(
    blocks.flatMap(({ body }) => body),
    Math.max(180, ...titles),
  );
  const around = blocks.flatMap(({ shortcut }) => shortcut ?? []);
  const shortcut = around.length > 0 ? widest(around, 120) : 0;
  const inset = blocks.some(({ name }) => name !== undefined) ? padding : 0;
  const column = Math.max(...blocks.map((block) => frameWidth(block, box, shortcut)));
  return { inset, box, shortcut, column };
}

/** Two lines, each with something at its left and right end. */
function boxWidth({ kind, name, does, shape, parameters }: NetUnit): number {
  const second =
    textWidth(does, size.small) + textWidth(kind === 'other' ? shape : formatCount(parameters), size.small);
  const first = kind === 'other' ? 0 : textWidth(name, size.name, 'bold') + textWidth(shape, size.small);
  return Math.max(first, second) + 40;
}

export function frameWidth({ name, shortcut }: NetBlock, box: number, shortcutWidth: number): number {
  if (shortcut === undefined) return name === undefined ? box + padding : box + 2 * padding;
  return box + 2 * padding + (shortcut.length > 0 ? padding + shortcutWidth : 2 * padding);
}

export const stackHeight = (units: readonly NetUnit[]): number =>
  units.reduce((sum, unit) => sum + unitHeight(unit) + height.arrow, 0) - height.arrow;

export const unitHeight = ({ kind }: NetUnit): number => (kind === 'other' ? height.low : height.box);

export function blockHeight({ name, body, shortcut }: NetBlock): number {
  const inner = stackHeight(body) + (shortcut === undefined ? 0 : height.arrow + 2 * adder);
  if (name === undefined) return inner;
  // A residual block branches above its first layer.
  return height.frameTop + (shortcut === undefined ? 0 : height.arrow) + inner + height.frameBottom;
}

/** As few columns as give the page's shape, each as low as their order allows. */
export function breakIntoColumns(blocks: readonly NetBlock[], width: number): readonly (readonly NetBlock[])[] {
  const whole = blocks.reduce((sum, block) => sum + blockHeight(block) + height.arrow, 0);
  const wanted =
    whole <= highestColumn ? 1 : Math.max(2, Math.round(Math.sqrt((pageShape * whole) / (width + gutter))));
  for (let limit = whole / wanted; ; limit += 4) {
    const columns = fill(blocks, limit);
    if (columns.length <= wanted) return columns;
  }
}

function fill(blocks: readonly NetBlock[], limit: number): readonly (readonly NetBlock[])[] {
  const columns: NetBlock[][] = [[]];
  let used = 0;
  for (const block of blocks) {
    const needed = blockHeight(block) + height.arrow;
    if (used > 0 && used + needed > limit) {
      columns.push([]);
      used = 0;
    }
    columns.at(-1)!.push(block);
    used += needed;
  }
  return columns;
}
