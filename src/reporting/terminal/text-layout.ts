import sliceAnsi from 'slice-ansi';
import stringWidth from 'string-width';
import { isNumeric } from '../../format-numbers.ts';
import { plainText } from '../../plain-text.ts';

/**
 * A text cut to at most `columns` of a terminal, its last one an ellipsis where something is cut.
 * Styles stay whole.
 */
export function clip(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text;
  for (let end = columns - 1; end >= 0; end--) {
    const start = sliceAnsi(text, 0, end);
    if (stringWidth(start) < columns) return `${start}…`; // a wide character may reach beyond `end`
  }
  return '';
}

export const padEnd = (text: string, columns: number): string =>
  text + ' '.repeat(Math.max(0, columns - stringWidth(text)));

const padStart = (text: string, columns: number): string =>
  ' '.repeat(Math.max(0, columns - stringWidth(text))) + text;

/**
 * A text in lines of at most `columns`, broken between words; a word that is longer has a line of
 * its own.
 */
export function wrapWords(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && stringWidth(line) + 1 + stringWidth(word) > columns) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/**
 * A table as aligned lines, the first its header: columns of numbers to the right, others to the
 * left, two spaces between.
 */
export function formatTable(
  columns: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): readonly string[] {
  const cells = [columns, ...rows].map((row) =>
    columns.map((_, index) => oneLine(String(row[index] ?? ''))),
  );
  const layouts = columns.map((_, index) => ({
    width: Math.max(...cells.map((row) => stringWidth(row[index]!))),
    pad:
      rows.length > 0 && cells.slice(1).every((row) => isNumeric(row[index]!)) ? padStart : padEnd,
  }));
  const padded = (cell: string, index: number) => layouts[index]!.pad(cell, layouts[index]!.width);
  return cells.map((row) => row.map(padded).join('  ').trimEnd());
}

/** Names of metrics and labels come from anyone's files. */
const oneLine = (cell: string): string => plainText(cell).replace(/[\t\n]/g, ' ');
