import stringWidth from 'string-width';
import { plainText } from '../../plain-text.ts';
import { padEnd, padStart } from './text.ts';

/** A table as aligned lines, the first its header: columns of numbers to the right, others to the left, two spaces between. */
export function formatTable(
  columns: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): readonly string[] {
  const cells = [columns, ...rows].map((row) => columns.map((_, index) => oneLine(String(row[index] ?? ''))));
  const layouts = columns.map((_, index) => ({
    width: Math.max(...cells.map((row) => stringWidth(row[index]!))),
    pad: rows.length > 0 && cells.slice(1).every((row) => isNumeric(row[index]!)) ? padStart : padEnd,
  }));
  return cells.map((row) =>
    row
      .map((cell, index) => layouts[index]!.pad(cell, layouts[index]!.width))
      .join('  ')
      .trimEnd(),
  );
}

/** Names of metrics and labels come from anyone's files. */
const oneLine = (cell: string): string => plainText(cell).replace(/[\t\n]/g, ' ');

/** Also of numbers as text: `0.7500`, `12,000`, `93.1 %`, `0.70 ± 0.02`, `0.81 (0.78–0.84)`, a lone dash, an empty cell. */
export function isNumeric(cell: string): boolean {
  return /^([-+−–]?(\d[\d.,e+-]*( ?(%|s))?( ?(±.*|\([^()]*\)))?)?|NaN|∞)$/.test(cell);
}
