import { readFileSync } from 'node:fs';
import { readAdvanceWidths } from './advance-widths.ts';
import { fontFiles } from './fonts.ts';

export type FontWeight = keyof typeof fontFiles;

const widths = new Map<FontWeight, (character: number) => number>();

/** The width of a text in DejaVu Sans, in the unit of `size`, from the font's own advance widths. */
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
