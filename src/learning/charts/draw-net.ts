import { formatCount } from '../../format-numbers.ts';
import { escapeXml } from './escape-xml.ts';
import { fontFamily } from './fonts.ts';
import {
  adder,
  blockHeight,
  breakIntoColumns,
  frameWidth,
  gutter,
  height,
  type NetBlock,
  type NetPicture,
  type NetUnit,
  padding,
  size,
  stackHeight,
  titleGap,
  unitHeight,
  type Widths,
  widthsOf,
} from './net-layout.ts';
import { textWidth } from './text-width.ts';
import { ink } from './theme.ts';
import { wrapText } from './wrap-text.ts';

/** Fill and border by kind, which is also written. */
const colours = {
  conv: ['#e6f1f9', '#0072b2'],
  separableConv: ['#e8f5f0', '#009e73'],
  pool: ['#faeff6', '#b8578f'],
  dense: ['#fbeee4', '#d55e00'],
  other: ['#ffffff', '#8a8f98'],
} as const;

const margin = 24;
/** How far below a column, and above the next, the line between them runs. */
const turn = 10;
const legend = 'In each box: what it does, what it leaves, how many learnable parameters it has.';

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
    text(end, y + 32, parameters === 0 ? '' : formatCount(parameters), right),
  ];
}

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
