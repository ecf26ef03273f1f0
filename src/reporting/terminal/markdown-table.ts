import { plainText } from '../../plain-text.ts';

/** A table as Markdown, its lines without a last break. Cells are Markdown themselves; what would end one is escaped. */
export function markdownTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = columns.map(() => '---');
  return [columns, rule, ...rows].map((cells) => `| ${cells.map(escaped).join(' | ')} |`).join('\n');
}

const escaped = (cell: string): string => plainText(cell).replaceAll('|', '\\|').replaceAll('\n', ' ');
