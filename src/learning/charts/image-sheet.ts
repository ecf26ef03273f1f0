import type { TopLevelSpec } from 'vega-lite';
import { chartTitle } from './chart-title.ts';
import { ink, palette } from './theme.ts';
import { wrapText } from './wrap-text.ts';

/** Images in a grid, as a chart: blocks of them in rows side by side, each with a header. */
export interface ImageSheet {
  readonly title: string;
  readonly subtitle: string;
  /** Rows of blocks, from top to bottom; those of a row from left to right. */
  readonly blocks: readonly (readonly ImageBlock[])[];
  /** Images in each line of a block; what is more goes on in the next line. */
  readonly across: number;
  /** Of the square that an image is shown in, in units: two pixels each in the PNG. Default 88. */
  readonly side?: number;
}

/** Images that belong together. */
export interface ImageBlock {
  readonly header?: string;
  readonly cells: readonly ImageCell[];
}

export interface ImageCell {
  /**
   * A data URI, as `thumbnail` makes one, so that the chart is complete. Shown whole, in its proportions. Where it is left out,
   * the square stays empty.
   */
  readonly image?: string;
  /** In the middle of an empty square, what would stand there; lines are parted by `\n`. */
  readonly lack?: string;
  /** Below the image; lines are parted by `\n`, and cut where they are wider than it. */
  readonly caption?: string;
  /** What a pointer and a screen reader are told; the caption where it is left out. */
  readonly description?: string;
  /** Outlines it, in a colour and a width of its own. */
  readonly outcome?: 'right' | 'wrong';
}

const gap = 10;
const blockGap = 24;
const headerSize = 13;
const headerLine = 17;
const captionSize = 11;
const captionLine = 14;
/** Titles are wrapped to the images, but not to fewer than these. */
const leastTitleWidth = 330;

/**
 * A sheet of images as a Vega-Lite spec, with every image in its data. Everything stands where the spec says, in units:
 * there are no scales, so an image is never resized by its neighbours.
 *
 * A JPEG thumbnail of 128 pixels takes 4 to 6 kB, so a sheet should hold no more than about a hundred.
 */
export function imageSheet(sheet: ImageSheet): TopLevelSpec {
  const { cells, headers, width, height, side } = layOut(sheet);
  return {
    title: chartTitle(sheet.title, sheet.subtitle, Math.max(width, leastTitleWidth)),
    data: { name: 'images', values: [...cells] },
    width,
    height,
    layer: [
      {
        ...(cells.every(({ image }) => image !== undefined) ? {} : { transform: [{ filter: 'isValid(datum.image)' }] }),
        mark: { type: 'image', width: side, height: side, align: 'left', baseline: 'top' },
        encoding: { x, y, url: { field: 'image', type: 'nominal' }, ...told },
      },
      ...lacks(cells, side),
      ...outlines(cells, side),
      ...captions(cells, side),
      ...headerTexts(headers),
    ],
  };
}

type Layers = Extract<TopLevelSpec, { layer: unknown }>['layer'];

const x = { field: 'x', type: 'quantitative', scale: null, axis: null } as const;
const y = { field: 'y', type: 'quantitative', scale: null, axis: null } as const;

/** Without it a screen reader would be read the bytes of the image. */
const told = {
  description: { field: 'description', type: 'nominal' },
  tooltip: { field: 'description', type: 'nominal' },
} as const;

function outlines(cells: readonly PlacedCell[], side: number): Layers {
  const outcomes = new Set(cells.flatMap(({ outcome }) => outcome ?? []));
  if (outcomes.size === 0) return [];
  const legend = { orient: 'bottom' as const, title: null, symbolSize: 200, offset: 8 };
  const domain = ['right', 'wrong'];
  const by = { field: 'outcome', type: 'ordinal' as const, legend: outcomes.size > 1 ? legend : null };
  return [
    {
      transform: [{ filter: 'isValid(datum.outcome)' }],
      mark: {
        type: 'point',
        shape: 'square',
        filled: false,
        opacity: 1,
        size: side * side,
        xOffset: side / 2,
        yOffset: side / 2,
        aria: false,
      },
      encoding: {
        ...{ x, y },
        color: { ...by, scale: { domain, range: [palette[0], palette[1]] } },
        strokeWidth: { ...by, scale: { domain, range: [1.5, 4] } }, // told apart in grey, too
      },
    },
  ];
}

function lacks(cells: readonly PlacedCell[], side: number): Layers {
  if (!cells.some(({ lack }) => lack)) return [];
  const middle = { xOffset: side / 2, yOffset: side / 2 };
  return [
    {
      transform: [{ filter: 'isValid(datum.lack)' }],
      mark: {
        type: 'text',
        ...{ lineBreak: '\n', lineHeight: captionLine, fontSize: captionSize, fontStyle: 'italic', color: ink.medium },
        ...{ align: 'center', baseline: 'middle', limit: side, ...middle, aria: false },
      },
      encoding: { x, y, text: { field: 'lack', type: 'nominal' } },
    },
  ];
}

function captions(cells: readonly PlacedCell[], side: number): Layers {
  if (!cells.some(({ caption }) => caption)) return [];
  return [
    {
      transform: [{ filter: 'isValid(datum.caption)' }],
      mark: {
        type: 'text',
        lineBreak: '\n',
        lineHeight: captionLine,
        fontSize: captionSize,
        align: 'center',
        baseline: 'top',
        limit: side + gap - 6,
        xOffset: side / 2,
        yOffset: side + 4,
        aria: false,
      },
      encoding: { x, y, text: { field: 'caption', type: 'nominal' } },
    },
  ];
}

function headerTexts(headers: readonly PlacedHeader[]): Layers {
  if (headers.length === 0) return [];
  return [
    {
      data: { name: 'headers', values: [...headers] },
      mark: {
        type: 'text',
        lineBreak: '\n',
        lineHeight: headerLine,
        fontSize: headerSize,
        fontWeight: 'bold',
        align: 'left',
        baseline: 'top',
      },
      encoding: { x, y, text: { field: 'header', type: 'nominal' } },
    },
  ];
}

interface PlacedCell extends ImageCell {
  readonly x: number;
  readonly y: number;
}

interface PlacedHeader {
  readonly x: number;
  readonly y: number;
  readonly header: string;
}

interface Layout {
  readonly cells: readonly PlacedCell[];
  readonly headers: readonly PlacedHeader[];
  readonly width: number;
  readonly height: number;
  readonly side: number;
}

/** `x` and `y` are of upper left corners; a header stands on its images, also where its neighbour's has more lines. */
function layOut({ blocks, across, side = 88 }: ImageSheet): Layout {
  const all = blocks.flat().flatMap(({ cells }) => cells);
  const captionLines = Math.max(0, ...all.map(({ caption }) => (caption ? caption.split('\n').length : 0)));
  const lineHeight = side + gap + (captionLines === 0 ? 0 : captionLines * captionLine + 6);
  const widest = Math.max(0, ...blocks.flat().map(({ cells }) => Math.min(across, cells.length)));
  const blockWidth = Math.max(1, widest) * (side + gap) - gap;
  const columns = Math.max(1, ...blocks.map((row) => row.length));
  const cells: PlacedCell[] = [];
  const headers: PlacedHeader[] = [];
  let top = 0;
  for (const row of blocks) {
    const texts = row.map(({ header }) =>
      header ? wrapText(header, blockWidth, { size: headerSize, weight: 'bold' }) : [],
    );
    const headerHeight = Math.max(0, ...texts.map((lines) => lines.length)) * headerLine;
    const first = top + (headerHeight === 0 ? 0 : headerHeight + 5);
    for (const [column, block] of row.entries()) {
      const left = column * (blockWidth + blockGap);
      const lines = texts[column]!;
      const y = top + headerHeight - lines.length * headerLine;
      if (lines.length > 0) headers.push({ x: left, y, header: lines.join('\n') });
      for (const [index, cell] of block.cells.entries()) {
        const x = left + (index % across) * (side + gap);
        const y = first + Math.floor(index / across) * lineHeight;
        const description = cell.description ?? (cell.caption ?? cell.lack)?.replaceAll('\n', ', ') ?? '';
        cells.push({ x, y, ...cell, description });
      }
    }
    const lines = Math.max(0, ...row.map(({ cells }) => Math.ceil(cells.length / across)));
    top = first + lines * lineHeight - gap + blockGap;
  }
  const width = columns * (blockWidth + blockGap) - blockGap;
  return { cells, headers, width, height: Math.max(1, top - blockGap), side };
}
