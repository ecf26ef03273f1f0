import { escapeXml } from './escape-xml.ts';
import { fontFamily } from './fonts.ts';
import { textWidth } from './text-width.ts';
import { ink } from './theme.ts';
import { wrapText } from './wrap-text.ts';

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

/** Fill and border by kind, which is also written. */
const colours = {
  conv: ['#e6f1f9', '#0072b2'],
  separableConv: ['#e8f5f0', '#009e73'],
  pool: ['#faeff6', '#b8578f'],
  dense: ['#fbeee4', '#d55e00'],
  other: ['#ffffff', '#8a8f98'],
} as const;

const size = { name: 12, small: 10.5, title: 16 } as const;
const height = { box: 40, low: 22, arrow: 14, frameTop: 24, frameBottom: 12 } as const;
const margin = 24;
const padding = 12;
const gutter = 44;
/** How far below a column, and above the next, the line between them runs. */
const turn = 10;
const legend = 'In each box: what it does, what it leaves, how many parameters it has.';
const adder = 9;
const widestBox = 400;
/** Between the title of a frame and the line into it. */
const titleGap = 10;
/** Higher drawings are broken into columns, so that they come near to the shape of a page. */
const highestColumn = 1100;
const pageShape = 1.5;

/**
 * Draws a network as SVG: layers from top to bottom, in columns from left to right where they are many; of a residual block
 * the way around at the right, up to where it is added. The same network gives the same bytes.
 */
export function drawNet({ title, subtitle, blocks }: NetPicture): string {
  const widths = widthsOf(blocks);
  const columns = breakIntoColumns(blocks, widths.column);
  const top = margin + 72;
  const leftOf = (index: number) => margin + index * (widths.column + gutter);
  const drawn = columns.map((column, index) => drawColumn(column, { left: leftOf(index), top, widths }));
  const turns = drawn.slice(1).map(({ entry }, index) => {
    const middle = leftOf(index) + widths.inset + widths.box / 2;
    const between = leftOf(index + 1) - gutter / 2;
    const { exit, bottom } = drawn[index]!;
    return arrow(
      `M${middle},${exit}V${bottom + turn}H${between}V${top - turn}H${middle + widths.column + gutter}V${entry}`,
    );
  });
  const textual = Math.max(
    textWidth(title, size.title, 'bold'),
    textWidth(subtitle, size.name),
    textWidth(legend, size.small),
  );
  const columnsWidth = columns.length * (widths.column + gutter) - gutter;
  const width = Math.ceil(Math.max(columnsWidth, textual)) + 2 * margin;
  const total = Math.ceil(Math.max(...drawn.map(({ bottom }) => bottom))) + turn + margin;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${total}" viewBox="0 0 ${width} ${total}" font-family="${fontFamily}">`,
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">',
    `<path d="M0,0.5L8,4L0,7.5Z" fill="${ink.medium}"/></marker></defs>`,
    `<rect width="${width}" height="${total}" fill="#ffffff"/>`,
    text(margin, margin + 12, title, { size: size.title, weight: 'bold', colour: ink.strong }),
    text(margin, margin + 32, subtitle, { size: size.name }),
    text(margin, margin + 49, legend, { size: size.small }),
    ...drawn.flatMap(({ svg }) => svg),
    ...turns,
    '</svg>',
    '',
  ].join('\n');
}

interface Widths {
  /** Of boxes from the left of their column: room for frames where there are any. */
  readonly inset: number;
  readonly box: number;
  readonly shortcut: number;
  readonly column: number;
}

function widthsOf(blocks: readonly NetBlock[]): Widths {
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
  const second = textWidth(does, size.small) + textWidth(kind === 'other' ? shape : count(parameters), size.small);
  const first = kind === 'other' ? 0 : textWidth(name, size.name, 'bold') + textWidth(shape, size.small);
  return Math.max(first, second) + 40;
}

function frameWidth({ name, shortcut }: NetBlock, box: number, shortcutWidth: number): number {
  if (shortcut === undefined) return name === undefined ? box + padding : box + 2 * padding;
  return box + 2 * padding + (shortcut.length > 0 ? padding + shortcutWidth : 2 * padding);
}

const stackHeight = (units: readonly NetUnit[]): number =>
  units.reduce((sum, unit) => sum + unitHeight(unit) + height.arrow, 0) - height.arrow;

const unitHeight = ({ kind }: NetUnit): number => (kind === 'other' ? height.low : height.box);

function blockHeight({ name, body, shortcut }: NetBlock): number {
  const inner = stackHeight(body) + (shortcut === undefined ? 0 : height.arrow + 2 * adder);
  if (name === undefined) return inner;
  // A residual block branches above its first layer.
  return height.frameTop + (shortcut === undefined ? 0 : height.arrow) + inner + height.frameBottom;
}

/** As few columns as give the page's shape, each as low as their order allows. */
function breakIntoColumns(blocks: readonly NetBlock[], width: number): readonly (readonly NetBlock[])[] {
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

interface Column {
  readonly left: number;
  readonly top: number;
  readonly widths: Widths;
}

/** The column's boxes; `entry` and `exit` are where arrows from above and to below meet its first and last. */
function drawColumn(blocks: readonly NetBlock[], { left, top, widths }: Column): Drawn & { readonly bottom: number } {
  const middle = left + widths.inset + widths.box / 2;
  const svg: string[] = [];
  let y = top;
  let entry: number | undefined;
  let exit = top;
  for (const block of blocks) {
    const drawn = drawBlock(block, { left, y, widths });
    svg.push(...drawn.svg);
    if (entry === undefined) entry = drawn.entry;
    else svg.push(arrow(`M${middle},${exit}V${drawn.entry}`));
    exit = drawn.exit;
    y += blockHeight(block) + height.arrow;
  }
  return { svg, entry: entry ?? top, exit, bottom: y - height.arrow };
}

interface Drawn {
  readonly svg: readonly string[];
  readonly entry: number;
  readonly exit: number;
}

interface Place {
  readonly left: number;
  readonly y: number;
  readonly widths: Widths;
}

function drawBlock(block: NetBlock, { left, y, widths }: Place): Drawn {
  const { name, body, shortcut } = block;
  const inside = left + widths.inset;
  const start = y + (name === undefined ? 0 : height.frameTop) + (shortcut === undefined ? 0 : height.arrow);
  const exit = start + stackHeight(body);
  const svg = drawStack(body, { left: inside, y: start, width: widths.box });
  if (name === undefined) return { svg, entry: start, exit };
  const frame = frameWidth(block, widths.box, widths.shortcut);
  const [title = ''] = wrapText(name, widths.box / 2 - titleGap, { size: size.small, most: 1 });
  const framed = [
    `<rect x="${left}" y="${y}" width="${frame}" height="${blockHeight(block)}" rx="8" fill="#f4f5f7" stroke="#d5d8dc"/>`,
    text(left + padding, y + 15, title, { size: size.small }),
    ...svg,
  ];
  if (shortcut === undefined) return { svg: framed, entry: start, exit };
  const around = inside + widths.box + (shortcut.length > 0 ? padding + widths.shortcut / 2 : 1.5 * padding);
  const sum = exit + height.arrow + adder;
  const way = { middle: inside + widths.box / 2, around, branch: y + height.frameTop, sum, width: widths.shortcut };
  return {
    svg: [...framed, ...drawShortcut(shortcut, way), ...drawSum(way, exit)],
    entry: start,
    exit: sum + adder,
  };
}

function drawSum({ middle, sum }: Way, from: number): readonly string[] {
  const cross = `M${middle - 4},${sum}H${middle + 4}M${middle},${sum - 4}V${sum + 4}`;
  return [
    arrow(`M${middle},${from}V${sum - adder}`),
    `<circle cx="${middle}" cy="${sum}" r="${adder}" fill="#ffffff" stroke="${ink.strong}" stroke-width="1.2"/>`,
    `<path d="${cross}" stroke="${ink.strong}" stroke-width="1.4"/>`,
  ];
}

interface Way {
  readonly middle: number;
  readonly around: number;
  readonly branch: number;
  readonly sum: number;
  readonly width: number;
}

/** The way around a body: out at the branch, down through its own layers, and back to the sum. */
function drawShortcut(units: readonly NetUnit[], { middle, around, branch, sum, width }: Way): readonly string[] {
  const back = `V${sum}H${middle + adder}`;
  if (units.length === 0) return [arrow(`M${middle},${branch}H${around}${back}`)];
  const own = stackHeight(units);
  const y = (branch + sum - own) / 2;
  return [
    arrow(`M${middle},${branch}H${around}V${y}`),
    ...drawStack(units, { left: around - width / 2, y, width }),
    arrow(`M${around},${y + own}${back}`),
  ];
}

interface Stack {
  readonly left: number;
  readonly y: number;
  readonly width: number;
}

function drawStack(units: readonly NetUnit[], { left, y, width }: Stack): readonly string[] {
  let top = y;
  return units.flatMap((unit, index) => {
    const svg = drawUnit(unit, { left, y: top, width });
    const above = top;
    top += unitHeight(unit) + height.arrow;
    return index === 0 ? svg : [arrow(`M${left + width / 2},${above - height.arrow}V${above}`), ...svg];
  });
}

function drawUnit({ kind, name, does, shape, parameters }: NetUnit, { left, y, width }: Stack): readonly string[] {
  const [fill, border] = colours[kind];
  const [start, end] = [left + 10, left + width - 10];
  const isLow = kind === 'other';
  const box = `<rect x="${left}" y="${y}" width="${width}" height="${isLow ? height.low : height.box}" rx="${isLow ? 11 : 5}" fill="${fill}" stroke="${border}" stroke-width="1.2"/>`;
  const small = { size: size.small };
  const right = { ...small, anchor: 'end' } as const;
  if (isLow) return [box, text(start, y + 15, does, small), text(end, y + 15, shape, right)];
  const room = width - 40 - textWidth(shape, size.small);
  const [shown = ''] = wrapText(name, room, { size: size.name, weight: 'bold', most: 1 });
  return [
    box,
    text(start, y + 16, shown, { size: size.name, weight: 'bold', colour: ink.strong }),
    text(end, y + 16, shape, { ...right, colour: ink.strong }),
    text(start, y + 32, does, small),
    text(end, y + 32, parameters === 0 ? '' : count(parameters), right),
  ];
}

const count = (value: number): string => value.toLocaleString('en');

const arrow = (path: string): string =>
  `<path d="${path}" fill="none" stroke="${ink.medium}" stroke-width="1.2" marker-end="url(#arrow)"/>`;

interface TextStyle {
  readonly size: number;
  readonly weight?: 'bold';
  readonly anchor?: 'end';
  readonly colour?: string;
}

function text(x: number, y: number, value: string, { size, weight, anchor, colour = ink.medium }: TextStyle): string {
  const style = `${weight ? ` font-weight="${weight}"` : ''}${anchor ? ` text-anchor="${anchor}"` : ''}`;
  return `<text x="${x}" y="${y}" font-size="${size}" fill="${colour}"${style}>${escapeXml(value)}</text>`;
}
