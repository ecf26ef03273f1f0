import type { TopLevelSpec } from 'vega-lite';
import { chart, type Part } from './encoders.ts';
import { fitText } from './fit-text.ts';
import { ink, palette } from './theme.ts';
import { wrapText } from './wrap-text.ts';

/** A grid of images as a chart: rows of blocks, each block with a header. */
export interface ImageSheet {
  readonly title: string;
  readonly subtitle: string;
  /** Rows from top to bottom; the blocks of a row from left to right. */
  readonly blocks: readonly (readonly ImageBlock[])[];
  /** Images in a line of a block; further images follow in the next line. */
  readonly across: number;
  /** Side of an image's square, in units of two PNG pixels. Default 88. */
  readonly side?: number;
  /** An image's height, in the same units, where all are wider than high. Default: the side. */
  readonly imageHeight?: number;
  /** Lines of a header at most; a longer one is cut. Default 3. */
  readonly headerLines?: number;
}

/** Images that belong together. */
export interface ImageBlock {
  readonly header?: string;
  readonly cells: readonly ImageCell[];
}

/** Blocks in rows of `count`. */
export const inRows = (
  blocks: readonly ImageBlock[],
  count: number,
): readonly (readonly ImageBlock[])[] =>
  blocks.flatMap((_, i) => (i % count === 0 ? [blocks.slice(i, i + count)] : []));

/** A square of a sheet: an image, or a text in its place. */
export interface ImageCell {
  /**
   * A data URI, as `thumbnail` makes one; shown whole, in its proportions. Without it the square
   * stays empty.
   */
  readonly image?: string;
  /** A text in the middle of an empty square; `\n` separates lines. */
  readonly lack?: string;
  /** A text below the image; `\n` separates lines, and lines wider than the image are cut. */
  readonly caption?: string;
  /** The tooltip, which screen readers read; default: the caption. */
  readonly description?: string;
  /** Outlines the image, in a colour and a width of its own. */
  readonly outcome?: 'right' | 'wrong';
}

/**
 * A caption of lines, each shortened in the middle to the width of an image, since names often
 * differ at their end.
 */
export const captionOf = (lines: readonly string[], width = 90): string =>
  lines.map((line) => fitText(line, width, { size: captionSize })).join('\n');

/** A caption of phrases. One that is wider than an image continues in the line below. */
export const wrappedCaption = (phrases: readonly string[], width: number): string =>
  phrases.flatMap((phrase) => wrapText(phrase, width, { size: captionSize, most: 5 })).join('\n');

/** A sheet that has nothing to show; `lack` says why, as in `every image has a crop`. */
export const sheetWithout = (
  lack: string,
  { title, subtitle }: { readonly title: string; readonly subtitle: string },
): TopLevelSpec =>
  imageSheet({
    title,
    subtitle,
    blocks: [[{ cells: [{ lack }] }]],
    across: 1,
    side: 330,
    imageHeight: 60,
  });

const gap = 10;
const blockGap = 24;
const headerSize = 13;
const headerLine = 17;
const captionSize = 11;
const captionLine = 14;
/** Titles wrap at the width of the images, but not below this. */
const leastTitleWidth = 330;

/**
 * Makes a chart of images in units, without scales, so that they keep their size; at most about a
 * hundred of 4 to 6 kB.
 */
export function imageSheet(sheet: ImageSheet): TopLevelSpec {
  const { cells, headers, width, height, side, imageHeight } = layOut(sheet);
  const filter = (field: keyof ImageCell) => ({
    transform: [{ filter: `isValid(datum.${field})` }],
  });
  const isWhole = cells.every(({ image }) => image !== undefined);
  const middle = {
    align: 'center',
    xOffset: side / 2,
    lineHeight: captionLine,
    fontSize: captionSize,
    aria: false,
  };
  const lack = {
    ...middle,
    fontStyle: 'italic',
    color: ink.medium,
    baseline: 'middle',
    yOffset: imageHeight / 2,
    limit: side,
  };
  const caption = { ...middle, baseline: 'top', yOffset: imageHeight + 4, limit: side + gap - 6 };
  const header = {
    lineHeight: headerLine,
    fontSize: headerSize,
    fontWeight: 'bold',
    align: 'left',
    baseline: 'top',
  };
  return chart(sheet.title, sheet.subtitle, Math.max(width, leastTitleWidth), {
    data: { name: 'images', values: cells },
    width,
    height,
    layer: [
      {
        ...(isWhole ? {} : filter('image')),
        mark: { type: 'image', width: side, height: imageHeight, align: 'left', baseline: 'top' },
        // Without a description a screen reader would read the bytes of the image.
        encoding: { x, y, url: { field: 'image', type: 'nominal' }, description, tooltip },
      },
      ...(cells.some(({ lack }) => lack) ? [{ ...filter('lack'), ...text('lack', lack) }] : []),
      ...outlines(cells, side),
      ...(cells.some(({ caption }) => caption)
        ? [{ ...filter('caption'), ...text('caption', caption) }]
        : []),
      ...(headers.length > 0
        ? [{ data: { name: 'headers', values: headers }, ...text('header', header) }]
        : []),
    ],
  });
}

const x = { field: 'x', type: 'quantitative', scale: null, axis: null };
const y = { field: 'y', type: 'quantitative', scale: null, axis: null };
const description = { field: 'description', type: 'nominal' };
/** A heading, which has no name. */
const tooltip = { ...description, title: 'title' };

const text = (field: string, mark: Part): Part => ({
  mark: { type: 'text', lineBreak: '\n', ...mark },
  encoding: { x, y, text: { field, type: 'nominal' } },
});

function outlines(cells: readonly ImageCell[], side: number): readonly Part[] {
  const outcomes = new Set(cells.flatMap(({ outcome }) => outcome ?? []));
  if (outcomes.size === 0) return [];
  const legend = { orient: 'bottom', title: null, symbolSize: 200, offset: 8 };
  const by = { field: 'outcome', type: 'ordinal', legend: outcomes.size > 1 ? legend : null };
  const scale = (range: readonly unknown[]) => ({ domain: ['right', 'wrong'], range });
  const square = { type: 'point', shape: 'square', filled: false, opacity: 1, aria: false };
  // The width of the line distinguishes them in a grey print.
  const color = { ...by, scale: scale(palette.slice(0, 2)) };
  const strokeWidth = { ...by, scale: scale([1.5, 4]) };
  const look = { mark: { ...square, size: side * side, xOffset: side / 2, yOffset: side / 2 } };
  return [
    {
      transform: [{ filter: 'isValid(datum.outcome)' }],
      ...look,
      encoding: { x, y, color, strokeWidth, tooltip },
    },
  ];
}

/** Places every cell and header by its upper left corner; a header ends right above its images. */
function layOut({ blocks, across, side = 88, imageHeight = side, headerLines = 3 }: ImageSheet) {
  const all = blocks.flat();
  const lines = (text = '') => (text === '' ? 0 : text.split('\n').length);
  const captionLines = Math.max(
    0,
    ...all.flatMap(({ cells }) => cells.map(({ caption }) => lines(caption))),
  );
  const lineHeight = imageHeight + gap + (captionLines === 0 ? 0 : captionLines * captionLine + 6);
  const widest = Math.max(1, ...all.map(({ cells }) => Math.min(across, cells.length)));
  const blockWidth = widest * (side + gap) - gap;
  const columns = Math.max(1, ...blocks.map((row) => row.length));
  const cells: (ImageCell & { readonly x: number; readonly y: number })[] = [];
  const headers: { readonly x: number; readonly y: number; readonly header: string }[] = [];
  let top = 0;
  for (const row of blocks) {
    const texts = row.map(({ header = '' }) =>
      header === ''
        ? ''
        : wrapText(header, blockWidth, {
            size: headerSize,
            weight: 'bold',
            most: headerLines,
          }).join('\n'),
    );
    const headerHeight = Math.max(0, ...texts.map(lines)) * headerLine;
    const first = top + (headerHeight === 0 ? 0 : headerHeight + 5);
    for (const [column, block] of row.entries()) {
      const left = column * (blockWidth + blockGap);
      const header = texts[column]!;
      if (header !== '')
        headers.push({ x: left, y: top + headerHeight - lines(header) * headerLine, header });
      for (const [index, cell] of block.cells.entries()) {
        const x = left + (index % across) * (side + gap);
        const y = first + Math.floor(index / across) * lineHeight;
        const description =
          cell.description ?? (cell.caption ?? cell.lack)?.replaceAll('\n', ', ') ?? '';
        cells.push({ x, y, ...cell, description });
      }
    }
    const imageLines = Math.max(0, ...row.map(({ cells }) => Math.ceil(cells.length / across)));
    top = first + imageLines * lineHeight - gap + blockGap;
  }
  const width = columns * (blockWidth + blockGap) - blockGap;
  return { cells, headers, width, height: Math.max(1, top - blockGap), side, imageHeight };
}
