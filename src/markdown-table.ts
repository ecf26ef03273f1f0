import { plainText } from './plain-text.ts';

type Cell = string | number;

/**
 * A table in Markdown, without a line break at its end. Cells are Markdown; what would end a cell
 * is escaped.
 */
export function markdownTable(
  columns: readonly string[],
  rows: readonly (readonly Cell[])[],
  isNumeric: (column: number) => boolean = () => false,
): string {
  const rule = columns.map((_, i) => (isNumeric(i) ? '---:' : '---'));
  const escaped = (cell: Cell): string =>
    plainText(String(cell)).replaceAll('|', '\\|').replaceAll('\n', ' ');
  return [columns, rule, ...rows]
    .map((cells) => `| ${cells.map(escaped).join(' | ')} |`)
    .join('\n');
}
