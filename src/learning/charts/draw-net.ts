import { formatCount } from '../../format-numbers.ts';
import { escapeXml } from './escape-xml.ts';
import { fontFamily, textWidth } from './fonts.ts';
import { ink } from './theme.ts';
import { wrapText } from './wrap-text.ts';

/** A network as it is drawn, from the image to its last layer. */
export interface NetPicture {
  readonly title: string;
  readonly subtitle: string;
  readonly blocks: readonly NetBlock[];
}

/** Layers one after the other; a block with a name has a frame. */
export interface NetBlock {
  readonly name?: string;
  readonly body: readonly NetUnit[];
  /**
   * Layers around the body, whose output is added to that of the body; an empty list is the input
   * itself.
   */
  readonly shortcut?: readonly NetUnit[];
  /** Stacks side by side, which the body follows. */
  readonly branches?: readonly (readonly NetUnit[])[];
}

/** A box: a layer, with those that only change its values. */
export interface NetUnit {
  /** Decides the colour; a unit of kind `other` has a low box without its name. */
  readonly kind: keyof typeof colours;
  readonly name: string;
  readonly does: string;
  /** The shape of its output: `128 x 128 x 64`. */
  readonly shape: string;
  readonly parameters: number;
}

/** Fill and border by kind; the box also names it. */
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
/** Radius of the plus sign where a shortcut ends. */
const adder = 9;
const widestBox = 400;
/** Between the title of a frame and the line into it. */
const titleGap = 10;
/** Higher drawings are broken into columns, so that they come near the shape of a page. */
const highestColumn = 1100;
const pageShape = 1.5;
/** The line to the next column runs this far below a column, and above the next. */
const turn = 10;
const legend =
  'In each box: the operation, the shape of its output, and the number of learnable parameters.';

/**
 * Draws a network as SVG, in columns from top to bottom, shortcuts at the right. The same network
 * gives the same bytes.
 */
export function drawNet({ title, subtitle, blocks }: NetPicture): string {
  const widths = widthsOf(blocks);
  const columns = breakIntoColumns(blocks, widths.column);
  const top = margin + 72;
  const leftOf = (index: number) => margin + index * (widths.column + gutter);
  const drawn = columns.map((column, index) => drawColumn(column, leftOf(index), top, widths));
  const turns = drawn.slice(1).map(({ entry }, index) => {
    const middle = leftOf(index) + widths.inset + widths.box / 2;
    const between = leftOf(index + 1) - gutter / 2;
    const { exit, bottom } = drawn[index]!;
    const down = `V${bottom + turn}H${between}`;
    return arrow(
      `M${middle},${exit}${down}V${top - turn}H${middle + widths.column + gutter}V${entry}`,
    );
  });
  const texts = [
    textWidth(title, size.title, 'bold'),
    textWidth(subtitle, size.name),
    textWidth(legend, size.small),
  ];
  const columnsWidth = columns.length * (widths.column + gutter) - gutter;
  const width = Math.ceil(Math.max(columnsWidth, ...texts)) + 2 * margin;
  const total = Math.ceil(Math.max(...drawn.map(({ bottom }) => bottom))) + turn + margin;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${total}" viewBox="0 0 ${width} ${total}" font-family="${fontFamily}">`,
    `<title>${escapeXml(title)}</title>`,
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
  readonly inset: number;
  readonly box: number;
  readonly shortcut: number;
  readonly branch: number;
  readonly column: number;
}

/**
 * Widths of columns, boxes and shortcuts; boxes are inset from the left of their column where
 * frames need room.
 */
function widthsOf(blocks: readonly NetBlock[]): Widths {
  const widest = (units: readonly NetUnit[], least: number) =>
    Math.min(widestBox, Math.max(least, ...units.map((unit) => Math.ceil(boxWidth(unit)))));
  const titles = blocks.map(
    ({ name = '' }) => 2 * Math.ceil(textWidth(name, size.small) + titleGap),
  );
  const bodies = blocks.flatMap(({ body }) => body);
  const box = widest(bodies, Math.max(180, ...titles));
  const around = blocks.flatMap(({ shortcut }) => shortcut ?? []);
  const shortcut = around.length > 0 ? widest(around, 120) : 0;
  const branched = blocks.flatMap(({ branches = [] }) => branches.flat());
  const branch = branched.length > 0 ? widest(branched, 120) : 0;
  const inset = blocks.some(({ name }) => name !== undefined) ? padding : 0;
  const widths = { inset, box, shortcut, branch };
  const column = Math.max(...blocks.map((block) => frameWidth(block, widths)));
  return { ...widths, column };
}

/** The width of two lines, each with a text at its left and at its right end. */
function boxWidth({ kind, name, does, shape, parameters }: NetUnit): number {
  const right = kind === 'other' ? shape : formatCount(parameters);
  const second = textWidth(does, size.small) + textWidth(right, size.small);
  const first =
    kind === 'other' ? 0 : textWidth(name, size.name, 'bold') + textWidth(shape, size.small);
  return Math.max(first, second) + 40;
}

function frameWidth(block: NetBlock, widths: Omit<Widths, 'column'>): number {
  const { name, shortcut, branches } = block;
  const { box, shortcut: shortcutWidth } = widths;
  if (branches !== undefined)
    return Math.max(box + 2 * padding, branches.length * (widths.branch + padding) + padding);
  if (shortcut === undefined) return name === undefined ? box + padding : box + 2 * padding;
  return box + 2 * padding + (shortcut.length > 0 ? padding + shortcutWidth : 2 * padding);
}

const unitHeight = ({ kind }: NetUnit): number => (kind === 'other' ? height.low : height.box);

const stackHeight = (units: readonly NetUnit[]): number =>
  units.length === 0
    ? 0
    : units.reduce((sum, unit) => sum + unitHeight(unit) + height.arrow, 0) - height.arrow;

function blockHeight({ name, body, shortcut, branches }: NetBlock): number {
  if (branches !== undefined)
    return height.frameTop + branchesHeight(branches) + stackHeight(body) + height.frameBottom;
  const inner = stackHeight(body) + (shortcut === undefined ? 0 : height.arrow + 2 * adder);
  if (name === undefined) return inner;
  // A residual block branches above its first layer.
  return height.frameTop + (shortcut === undefined ? 0 : height.arrow) + inner + height.frameBottom;
}

/** The height of stacks side by side, with the lines that lead to them and away. */
const branchesHeight = (branches: readonly (readonly NetUnit[])[]): number =>
  2 * height.arrow + Math.max(0, ...branches.map(stackHeight)) + 2 * height.arrow;

/** The fewest columns that give the page's shape, each as low as their order allows. */
function breakIntoColumns(
  blocks: readonly NetBlock[],
  width: number,
): readonly (readonly NetBlock[])[] {
  const whole = blocks.reduce((sum, block) => sum + blockHeight(block) + height.arrow, 0);
  const ideal = Math.round(Math.sqrt((pageShape * whole) / (width + gutter)));
  const wanted = whole <= highestColumn ? 1 : Math.max(2, ideal);
  for (let limit = whole / wanted; ; limit += 4) {
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
    if (columns.length <= wanted) return columns;
  }
}

interface Drawn {
  readonly svg: readonly string[];
  /** Where arrows from above and to below meet the first and the last box. */
  readonly entry: number;
  readonly exit: number;
}

function drawColumn(blocks: readonly NetBlock[], left: number, top: number, widths: Widths) {
  const middle = left + widths.inset + widths.box / 2;
  const svg: string[] = [];
  let y = top;
  let exit = top;
  let entry: number | undefined;
  for (const block of blocks) {
    const drawn = drawBlock(block, left, y, widths);
    svg.push(...drawn.svg);
    if (entry === undefined) entry = drawn.entry;
    else svg.push(arrow(`M${middle},${exit}V${drawn.entry}`));
    exit = drawn.exit;
    y += blockHeight(block) + height.arrow;
  }
  return { svg, entry: entry ?? top, exit, bottom: y - height.arrow };
}

function drawBlock(block: NetBlock, left: number, y: number, widths: Widths): Drawn {
  const { name, body, shortcut } = block;
  if (block.branches !== undefined) return drawBranches(block, left, y, widths);
  const inside = left + widths.inset;
  const start =
    y + (name === undefined ? 0 : height.frameTop) + (shortcut === undefined ? 0 : height.arrow);
  const exit = start + stackHeight(body);
  const stack = drawStack(body, inside, start, widths.box);
  if (name === undefined) return { svg: stack, entry: start, exit };
  const frame = frameWidth(block, widths);
  const [title = ''] = wrapText(name, widths.box / 2 - titleGap, { size: size.small, most: 1 });
  const svg = [
    `<rect x="${left}" y="${y}" width="${frame}" height="${blockHeight(block)}" rx="8" fill="#f4f5f7" stroke="#d5d8dc"/>`,
    text(left + padding, y + 15, title, { size: size.small }),
    ...stack,
  ];
  if (shortcut === undefined) return { svg, entry: start, exit };
  const middle = inside + widths.box / 2;
  const sum = exit + height.arrow + adder;
  const around =
    inside + widths.box + (shortcut.length > 0 ? padding + widths.shortcut / 2 : 1.5 * padding);
  const branch = y + height.frameTop;
  const out = `M${middle},${branch}H${around}`;
  const back = `V${sum}H${middle + adder}`;
  const shortcutHeight = stackHeight(shortcut);
  const first = (branch + sum - shortcutHeight) / 2;
  const way =
    shortcut.length === 0
      ? [arrow(out + back)]
      : [
          arrow(`${out}V${first}`),
          ...drawStack(shortcut, around - widths.shortcut / 2, first, widths.shortcut),
          arrow(`M${around},${first + shortcutHeight}${back}`),
        ];
  const cross = `M${middle - 4},${sum}H${middle + 4}M${middle},${sum - 4}V${sum + 4}`;
  const plus = [
    arrow(`M${middle},${exit}V${sum - adder}`),
    `<circle cx="${middle}" cy="${sum}" r="${adder}" fill="#ffffff" stroke="${ink.strong}" stroke-width="1.2"/>`,
    `<path d="${cross}" stroke="${ink.strong}" stroke-width="1.4"/>`,
  ];
  return { svg: [...svg, ...way, ...plus], entry: start, exit: sum + adder };
}

/** A frame of stacks side by side: the line into it parts, and joins before the body. */
function drawBranches(block: NetBlock, left: number, y: number, widths: Widths): Drawn {
  const { name = '', body, branches = [] } = block;
  const middle = left + widths.inset + widths.box / 2;
  const part = y + height.frameTop;
  const start = part + 2 * height.arrow;
  const joint = part + branchesHeight(branches) - height.arrow;
  const end = joint + height.arrow;
  const ways = branches.flatMap((units, i) => {
    const at = left + padding + i * (widths.branch + padding);
    const centre = at + widths.branch / 2;
    const lead = `M${middle},${part}V${part + height.arrow}H${centre}`;
    if (units.length === 0) return [line(`${lead}V${joint}H${middle}`)];
    const bottom = start + stackHeight(units);
    return [
      arrow(`${lead}V${start}`),
      ...drawStack(units, at, start, widths.branch),
      line(`M${centre},${bottom}V${joint}H${middle}`),
    ];
  });
  const [title = ''] = wrapText(name, widths.box / 2 - titleGap, { size: size.small, most: 1 });
  const svg = [
    `<rect x="${left}" y="${y}" width="${frameWidth(block, widths)}" height="${blockHeight(block)}" rx="8" fill="#f4f5f7" stroke="#d5d8dc"/>`,
    text(left + padding, y + 15, title, { size: size.small }),
    ...ways,
    arrow(`M${middle},${joint}V${end}`),
    ...drawStack(body, left + widths.inset, end, widths.box),
  ];
  return { svg, entry: part, exit: end + stackHeight(body) };
}

function drawStack(
  units: readonly NetUnit[],
  left: number,
  y: number,
  width: number,
): readonly string[] {
  let top = y;
  return units.flatMap((unit, index) => {
    const svg = drawUnit(unit, left, top, width);
    const above = top;
    top += unitHeight(unit) + height.arrow;
    return index === 0
      ? svg
      : [arrow(`M${left + width / 2},${above - height.arrow}V${above}`), ...svg];
  });
}

function drawUnit(unit: NetUnit, left: number, y: number, width: number): readonly string[] {
  const { kind, name, does, shape, parameters } = unit;
  const [fill, border] = colours[kind];
  const start = left + 10;
  const end = left + width - 10;
  const isLow = kind === 'other';
  const box = `<rect x="${left}" y="${y}" width="${width}" height="${unitHeight(unit)}" rx="${isLow ? 11 : 5}" fill="${fill}" stroke="${border}" stroke-width="1.2"/>`;
  const small = { size: size.small };
  const right = { ...small, anchor: 'end' } as const;
  if (isLow) return [box, text(start, y + 15, does, small), text(end, y + 15, shape, right)];
  const room = width - 40 - textWidth(shape, size.small);
  const count = parameters === 0 ? '' : formatCount(parameters);
  const doesRoom = width - 30 - textWidth(count, size.small);
  const [doesInRoom = ''] = wrapText(does, doesRoom, { size: size.small, most: 1 });
  const [nameInRoom = ''] = wrapText(name, room, { size: size.name, weight: 'bold', most: 1 });
  return [
    box,
    text(start, y + 16, nameInRoom, { size: size.name, weight: 'bold', colour: ink.strong }),
    text(end, y + 16, shape, { ...right, colour: ink.strong }),
    text(start, y + 32, doesInRoom, small),
    text(end, y + 32, count, right),
  ];
}

const arrow = (path: string): string =>
  `<path d="${path}" fill="none" stroke="${ink.medium}" stroke-width="1.2" marker-end="url(#arrow)"/>`;

const line = (path: string): string =>
  `<path d="${path}" fill="none" stroke="${ink.medium}" stroke-width="1.2"/>`;

type TextStyle = {
  readonly size: number;
  readonly weight?: 'bold';
  readonly anchor?: 'end';
  readonly colour?: string;
};

function text(
  x: number,
  y: number,
  value: string,
  { size, weight, anchor, colour = ink.medium }: TextStyle,
): string {
  const style = `${weight ? ` font-weight="${weight}"` : ''}${anchor ? ` text-anchor="${anchor}"` : ''}`;
  return `<text x="${x}" y="${y}" font-size="${size}" fill="${colour}"${style}>${escapeXml(value)}</text>`;
}
