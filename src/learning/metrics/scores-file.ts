import { csvLine, csvRecords, decimalOf, findColumns } from '../../csv.ts';
import { err, ok, type Result } from '../../result.ts';

/**
 * The scores of one image: a line of a `scores` artifact.
 *
 * The file is CSV (RFC 4180) with a header `key,split,label,real,fake`, and `source` and `group` where they are known. Columns may be in
 * any order, and others are ignored, so that anyone's scores fit. The two scores are logits, or any finite pair whose difference
 * ranks. No image of a split occurs twice.
 */
export interface ScoreRow {
  /** Identifies the image in its split, such as its path in the data set. */
  readonly key: string;
  readonly split: string;
  /** 0 = real, 1 = fake. */
  readonly label: 0 | 1;
  /** First score: evidence for real. */
  readonly real: number;
  /** Second score: evidence for fake. */
  readonly fake: number;
  /** The sub-source within its class, such as `Deepfakes` of `fake`. Absent: unknown. */
  readonly source?: string | undefined;
  /** Images of one group, such as frames of one video, are not independent. Absent: alone. */
  readonly group?: string | undefined;
}

const columns = ['key', 'split', 'label', 'real', 'fake'] as const;
const optionalColumns = ['source', 'group'] as const;

/**
 * The text of a `scores` file, numbers in the shortest form that reads back the same; source and group only where known.
 */
export function formatScores(rows: readonly ScoreRow[]): string {
  const known = optionalColumns.filter((column) => rows.some((row) => row[column] !== undefined));
  const header = [...columns, ...known];
  const lines = rows.map((row) => csvLine(header.map((column) => row[column] ?? '')));
  return [csvLine(header), ...lines].join('');
}

/** Reads the text of a `scores` file; the error is one sentence with the line where reading stopped. */
export function parseScores(text: string): Result<readonly ScoreRow[], string> {
  const records = csvRecords(text);
  const first = records.next().value;
  if (first === undefined) return err(`Expected the columns ${columns.join(', ')} in line 1, got an empty file`);
  if (first.problem !== undefined) return err(`Line ${first.line}: ${first.problem}`);
  const header = first.fields.map((name) => name.trim());
  const found = findColumns(header, [...columns, ...optionalColumns]);
  if (!found.ok) return err(`Expected every column once in line 1, got "${found.error}" twice`);
  const missing = columns.filter((_, index) => found.value[index] === -1);
  if (missing.length > 0) {
    const wrong = header[0]!.includes(';') ? 'its columns have semicolons between them' : `no ${missing.join(', ')}`;
    return err(`Expected the columns ${columns.join(', ')} in line 1, got "${header.join(',')}": ${wrong}`);
  }
  const rows: ScoreRow[] = [];
  const seen = new Map<string, Set<string>>();
  for (const { fields, line, problem } of records) {
    if (problem !== undefined) return err(`Line ${line}: ${problem}`);
    const row = toRow(found.value.map((index) => (index === -1 ? '' : fields[index])));
    if (typeof row === 'string') return err(`Line ${line}: ${row}`);
    const keys = seen.get(row.split) ?? new Set();
    if (keys.has(row.key)) {
      return err(`Line ${line}: expected every image once, got "${row.key}" of ${row.split} again`);
    }
    seen.set(row.split, keys.add(row.key));
    rows.push(row);
  }
  return ok(rows);
}

/** As integers, or as the floats that pandas writes for a column that once had gaps. */
const labels: ReadonlyMap<string, 0 | 1> = new Map(Object.entries({ '0': 0, '0.0': 0, '1': 1, '1.0': 1 }));

/** The row of these fields, or their mistake. */
function toRow(fields: readonly (string | undefined)[]): ScoreRow | string {
  if (fields.includes(undefined)) return 'expected as many fields as in the header, got fewer';
  const [key, split, label, real, fake, source, group] = fields as string[];
  const of = labels.get(label!);
  if (of === undefined) return `expected the label 0 (real) or 1 (fake), got "${label}"`;
  const scores = { real: decimalOf(real!), fake: decimalOf(fake!) };
  for (const [name, text] of [['real', real] as const, ['fake', fake] as const]) {
    if (!Number.isFinite(scores[name])) return `expected a finite number as the ${name} score, got "${text}"`;
  }
  return { key: key!, split: split!, label: of, ...scores, ...(source && { source }), ...(group && { group }) };
}
