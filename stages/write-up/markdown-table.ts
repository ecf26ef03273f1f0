import { err, ok, type Result } from '../../src/result.ts';
import { thereAre } from '../../src/suggest.ts';
import type { Readable } from './read-artifact.ts';

type Table = Readable & { as: 'table' };

/** A table with some of its columns, in their order. The error is one sentence. */
export function columnsOf(table: Table, names: readonly string[]): Result<Table, string> {
  const strange = names.find((name) => !table.columns.includes(name));
  if (strange !== undefined) return err(`expected a column, got "${strange}". ${thereAre(strange, table.columns)}`);
  const places = names.map((name) => table.columns.indexOf(name));
  return ok({ as: 'table', columns: names, rows: table.rows.map((fields) => places.map((place) => fields[place]!)) });
}

/**
 * A table as Markdown: numbers to four decimals, or as shares in per cent where the place says `percent`; columns of numbers
 * to the right.
 */
export function markdownTable({ columns, rows }: Table, format: readonly string[]): string {
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
  const isShort = !asPercent && /^-?\d+(\.\d{1,4})?$/.test(field);
  if (!Number.isFinite(value) || Number.isInteger(value) || isShort) return field.replace(/^-(?=\d)/, '−');
  return (
    asPercent ? `${(100 * value).toFixed(1)} %` : Math.abs(value) < 0.001 ? value.toPrecision(2) : value.toFixed(4)
  ).replace(/^-/, '−');
}

const escaped = (cell: string) => cell.replaceAll('|', '\\|');
