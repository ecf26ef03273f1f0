import sliceAnsi from 'slice-ansi';
import stringWidth from 'string-width';
import { plainText } from '../../plain-text.ts';
import { shellQuote } from '../../shell/shell-quote.ts';

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

/** A stage's name as the command line takes it without quotes: `fit[seed=2]` is `fit@seed=2`. */
export function asArgument(stage: string): string {
  const bare = stage.replace(/\[(.*)\]$/, '@$1');
  return /^[\w@%+:=,./-]+$/.test(bare) ? bare : shellQuote(bare);
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

/**
 * Whether a cell is a number, also as text: `0.7500`, `12,000`, `93.1 %`, `0.70 ± 0.02`,
 * `0.81 (0.78–0.84)`, a lone dash, an empty cell.
 */
export function isNumeric(cell: string): boolean {
  return /^([-+−–]?(\d[\d.,e+-]*( ?(%|s))?( ?(±.*|\([^()]*\)))?)?|NaN|∞)$/.test(cell);
}
