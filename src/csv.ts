/** Reads and writes CSV, RFC 4180: no types, no header, only fields. */

/** A field as it is written: quoted where it must be. */
export function csvField(value: string | number): string {
  const field = String(value);
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

/** One line of text with its end. */
export function csvLine(fields: readonly (string | number)[]): string {
  return `${fields.map(csvField).join(',')}\n`;
}

/** One line of a CSV file (RFC 4180), or more where a quoted field holds line breaks. */
interface CsvRecord {
  readonly fields: readonly string[];
  /** Where the record begins, counted from 1. */
  readonly line: number;
}

/** The records of a CSV text, empty lines left out. A quoted field may hold commas, doubled quotes and line breaks. */
export function* csvRecords(text: string): Generator<CsvRecord, undefined> {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  for (let index = 0; index < lines.length; index++) {
    const line = index + 1;
    let record = lines[index]!;
    if (!record.includes('"')) {
      if (record !== '') yield { fields: record.split(','), line };
      continue;
    }
    while (isQuoteOpen(record) && index + 1 < lines.length) record += `\n${lines[++index]}`;
    yield { fields: splitQuoted(record), line };
  }
}

const isQuoteOpen = (text: string): boolean => (text.match(/"/g)?.length ?? 0) % 2 === 1;

function splitQuoted(record: string): string[] {
  const fields = `,${record}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^,]*))/g);
  return [...fields].map(([, inQuotes, plain]) => inQuotes?.replaceAll('""', '"') ?? plain!);
}
