import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/**
 * The font of charts and drawings; a browser without it takes Verdana, which has nearly the same
 * widths.
 */
export const fontFamily = 'DejaVu Sans, Verdana, sans-serif';

const folder = join(
  createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json'),
  '..',
  'ttf',
);

/** Absolute paths of the font files, so that pictures look the same on every machine. */
export const fontFiles = {
  normal: join(folder, 'DejaVuSans.ttf'),
  bold: join(folder, 'DejaVuSans-Bold.ttf'),
} as const;

export type FontWeight = keyof typeof fontFiles;

/** In what a text is set. */
export interface Font {
  /** In the unit of the width that it gives. */
  readonly size: number;
  readonly weight?: FontWeight;
}

const widths = new Map<FontWeight, (character: number) => number>();

/**
 * The width of a text in DejaVu Sans, in the unit of `size`, from the font's own advance widths.
 */
export function textWidth(text: string, size: number, weight: FontWeight = 'normal'): number {
  let widthOf = widths.get(weight);
  if (widthOf === undefined) {
    widthOf = readAdvanceWidths(readFileSync(fontFiles[weight]));
    widths.set(weight, widthOf);
  }
  let width = 0;
  for (const character of text) width += widthOf(character.codePointAt(0) ?? 0);
  return width * size;
}

/**
 * The advance width of each character of a TrueType font, as a fraction of the font size, from the
 * tables `head`, `hhea`, `hmtx` and the `cmap` of the basic plane (format 4) of the OpenType
 * specification 1.9; no kerning, no ligatures.
 */
function readAdvanceWidths(font: Buffer): (character: number) => number {
  const tables = tableOffsets(font);
  const offset = (tag: string) => {
    const tableStart = tables.get(tag);
    if (tableStart === undefined) throw new Error(`Internal error: the font has no table ${tag}`);
    return tableStart;
  };
  const unitsPerEm = font.readUInt16BE(offset('head') + 18);
  const longMetrics = font.readUInt16BE(offset('hhea') + 34);
  const metrics = offset('hmtx');
  const glyphOf = readCharacterMap(font, offset('cmap'));
  // Glyphs after the last long metric share its width.
  const widthOf = (glyph: number) =>
    font.readUInt16BE(metrics + 4 * Math.min(glyph, longMetrics - 1)) / unitsPerEm;
  return (character) => widthOf(glyphOf(character));
}

function tableOffsets(font: Buffer): ReadonlyMap<string, number> {
  const count = font.readUInt16BE(4);
  const records = Array.from({ length: count }, (_, index) => 12 + 16 * index);
  return new Map(
    records.map((at) => [font.toString('latin1', at, at + 4), font.readUInt32BE(at + 8)]),
  );
}

/** Character to glyph; 0, the box of a missing glyph, where the font has none. */
function readCharacterMap(font: Buffer, cmap: number): (character: number) => number {
  const table = unicodeTable(font, cmap);
  const twiceSegments = font.readUInt16BE(table + 6);
  const ends = table + 14;
  const starts = ends + twiceSegments + 2;
  const deltas = starts + twiceSegments;
  const rangeOffsets = deltas + twiceSegments;
  return (character) => {
    if (character > 0xffff) return 0;
    for (let at = 0; at < twiceSegments; at += 2) {
      if (font.readUInt16BE(ends + at) < character) continue;
      const start = font.readUInt16BE(starts + at);
      if (start > character) return 0;
      const delta = font.readUInt16BE(deltas + at);
      const rangeOffset = font.readUInt16BE(rangeOffsets + at);
      if (rangeOffset === 0) return (character + delta) & 0xffff;
      // The offset is relative to its own position.
      const glyph = font.readUInt16BE(rangeOffsets + at + rangeOffset + 2 * (character - start));
      return glyph === 0 ? 0 : (glyph + delta) & 0xffff;
    }
    return 0;
  };
}

function unicodeTable(font: Buffer, cmap: number): number {
  for (let index = 0; index < font.readUInt16BE(cmap + 2); index++) {
    const record = cmap + 4 + 8 * index;
    const table = cmap + font.readUInt32BE(record + 4);
    if (
      font.readUInt16BE(record) === 3 &&
      font.readUInt16BE(record + 2) === 1 &&
      font.readUInt16BE(table) === 4
    ) {
      return table;
    }
  }
  throw new Error('Internal error: the font has no Unicode character map of format 4');
}
