import { err, ok, type Result } from './result.ts';

/** Reads and writes CSV (RFC 4180). */

function csvField(value: string | number): string {
  const field = String(value);
  if (typeof value === 'number') return field;
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

/** One record with its line break. Texts are quoted where they need it. */
export function csvLine(fields: readonly (string | number)[]): string {
  // Not joined from an array, which would take most of the time of a million records.
  let line = '';
  for (let i = 0; i < fields.length; i++) line += (i === 0 ? '' : ',') + csvField(fields[i]!);
  return `${line}\n`;
}

/**
 * A row of a table: its cells by column. An undefined value, NaN and infinity become empty fields.
 */
export type CsvRow = Readonly<Record<string, string | number | undefined>>;

/**
 * A table with a header; by default with the columns of all rows, in the order of their first
 * occurrence.
 */
export function csvTable(
  rows: readonly CsvRow[],
  columns: readonly string[] = [...new Set(rows.flatMap((row) => Object.keys(row)))],
): string {
  return csvLine(columns) + rows.map((row) => csvRecord(row, columns)).join('');
}

/** The record of a table's row: its cells in the order of the columns, and a line break. */
export function csvRecord(row: CsvRow, columns: readonly string[]): string {
  const cell = (value: string | number = '') =>
    typeof value === 'number' && !Number.isFinite(value) ? '' : value;
  return csvLine(columns.map((name) => cell(row[name])));
}

/** The cells of a number with its interval: `auc`, `aucLow`, `aucHigh`. */
export const intervalCells = (
  name: string,
  number: Readonly<Record<'estimate' | 'low' | 'high', number>>,
): CsvRow => ({
  [name]: number.estimate,
  [`${name}Low`]: number.low,
  [`${name}High`]: number.high,
});

/** One line of a CSV file (RFC 4180), or more where a quoted field holds line breaks. */
interface CsvRecord {
  readonly fields: readonly string[];
  /** Where the record begins, counted from 1. */
  readonly line: number;
  /** What is wrong with its quotes or characters, as a clause; its fields are then a guess. */
  readonly problem?: string;
}

/**
 * The records of a CSV text, empty lines left out. A quoted field may hold commas, doubled quotes
 * and line breaks.
 */
export function* csvRecords(text: string): Generator<CsvRecord, undefined> {
  let count = 0;
  // One line after the other: a million at once would outlive many collections of garbage.
  const lines = linesOf(text.startsWith('\uFEFF') ? text.slice(1) : text);
  for (let next = lines.next(); !next.done; next = lines.next()) {
    const line = ++count;
    let record = next.value;
    let isOpen = hasOddQuotes(record);
    while (isOpen) {
      const further = lines.next();
      if (further.done) break;
      count++;
      record += `\n${further.value}`;
      isOpen = !hasOddQuotes(further.value);
    }
    if (record === '') continue;
    const { fields, isSound } = splitRecord(record);
    const contentProblem = isSound ? nulProblem(record) : strayQuote;
    const problem = isOpen ? 'a quoted field does not end' : contentProblem;
    yield { fields, line, ...(problem !== undefined && { problem }) };
  }
}

/** The lines of a text without their breaks, LF or CR LF. */
function* linesOf(text: string): Generator<string, undefined> {
  for (let from = 0; from <= text.length; ) {
    const at = text.indexOf('\n', from);
    const end = at === -1 ? text.length : at;
    const isAfterReturn = at > from && text[at - 1] === '\r';
    yield text.slice(from, isAfterReturn ? end - 1 : end);
    from = end + 1;
  }
}

const strayQuote =
  'there is a quote inside a field; write the field as "…", and each quote in it twice';
const nulProblem = (record: string): string | undefined =>
  record.includes('\0') ? 'expected text, got the character NUL; is it saved as UTF-8?' : undefined;

const hasOddQuotes = (text: string): boolean =>
  text.includes('"') && text.match(/"/g)!.length % 2 === 1;

function splitRecord(record: string): { readonly fields: string[]; readonly isSound: boolean } {
  if (!record.includes('"')) return { fields: record.split(','), isSound: true };
  const matches = [...`,${record}`.matchAll(/,(?:"([^"]*(?:""[^"]*)*)"|([^,]*))/g)];
  const length = matches.reduce((sum, [whole]) => sum + whole.length, 0);
  const fields = matches.map(([, inQuotes, plain]) => inQuotes?.replaceAll('""', '"') ?? plain!);
  const isSound =
    length === record.length + 1 && matches.every(([, , plain]) => !plain?.includes('"'));
  return { fields, isSound };
}

/**
 * Indices of columns in a header, -1 for absent ones. The error is the name of a column that occurs
 * twice.
 */
export function findColumns(
  header: readonly string[],
  columns: readonly string[],
): Result<readonly number[], string> {
  const twice = columns.find((column) => header.indexOf(column) !== header.lastIndexOf(column));
  return twice !== undefined ? err(twice) : ok(columns.map((column) => header.indexOf(column)));
}

/** The number that a field holds in decimal notation; NaN for anything else, such as `0x1`. */
export function decimalOf(field: string): number {
  return /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i.test(field) ? Number(field) : Number.NaN;
}
