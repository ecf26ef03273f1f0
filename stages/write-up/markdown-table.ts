import type { Readable } from './read-artifact.ts';

/**
 * A table as Markdown: numbers to four decimals, or as shares in per cent where the place says `percent`; columns of numbers
 * to the right.
 */
export function markdownTable({ columns, rows }: Readable & { as: 'table' }, format: readonly string[]): string {
  const cells = rows.map((fields) => fields.map((field) => cellOf(field, format.includes('percent'))));
  const isNumeric = columns.map((_, i) =>
    rows.every((fields) => fields[i] === '' || Number.isFinite(Number(fields[i]))),
  );
  const rule = isNumeric.map((numeric) => (numeric ? '---:' : '---'));
  return [columns, rule, ...cells].map((line) => `| ${line.map(escaped).join(' | ')} |`).join('\n');
}

function cellOf(field: string, asPercent: boolean): string {
  const value = Number(field);
  if (field === '') return '–';
  if (!Number.isFinite(value) || Number.isInteger(value)) return field;
  return (
    asPercent ? `${(100 * value).toFixed(1)} %` : Math.abs(value) < 0.001 ? value.toPrecision(2) : value.toFixed(4)
  ).replace(/^-/, '−');
}

const escaped = (cell: string) => cell.replaceAll('|', '\\|');
