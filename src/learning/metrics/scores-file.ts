import { csvField, csvRecords, decimalOf, findColumns } from '../../csv.ts';
import type { Result } from '../../result.ts';
import { err, ok } from '../../result.ts';

/**
 * One image's scores: a line of a `scores` artifact.
 *
 * The file is CSV (RFC 4180) with a header `key,split,label,real,fake`, and `source` and `group` where they are known;
 * columns in any order, further ones ignored, so that anyone's scores fit. The two scores are logits, or any pair whose
 * difference ranks; they are finite. No image of a split comes twice.
 */
export interface ScoreRow {
  /** What tells the image from others of its split, such as its path in the data set. */
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
  /** Images of one group are no independent samples, such as frames of one video. Absent: alone. */
  readonly group?: string | undefined;
}

const columns = ['key', 'split', 'label', 'real', 'fake'] as const;
const optionalColumns = ['source', 'group'] as const;

/**
 * The text of a `scores` file. Numbers are written in their shortest form that reads back to the same float64; source and
 * group are columns only where some row has them, and empty where one has not.
 */
export function formatScores(rows: readonly ScoreRow[]): string {
  const known = optionalColumns.filter((column) => rows.some((row) => row[column] !== undefined));
  const lines = [[...columns, ...known].join(',')];
  for (const row of rows) {
    const more = known.map((column) => `,${csvField(row[column] ?? '')}`).join('');
    lines.push(`${csvField(row.key)},${csvField(row.split)},${row.label},${row.real},${row.fake}${more}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Reads the text of a `scores` file; the error is one sentence with the line where reading stopped. */
export function parseScores(text: string): Result<readonly ScoreRow[], string> {
  const records = csvRecords(text);
  const first = records.next().value;
  if (first?.problem !== undefined) return err(`Line ${first.line}: ${first.problem}`);
  const header = first?.fields.map((name) => name.trim()) ?? [];
  const found = findColumns(header, [...columns, ...optionalColumns]);
  if (!found.ok) return err(`Expected every column once in line 1, got "${found.error}" twice`);
  const [at, optionalAt] = [found.value.slice(0, columns.length), found.value.slice(columns.length)];
  const missing = columns.filter((_, index) => at[index] === -1);
  if (missing.length > 0) {
    return err(
      `Expected the columns ${columns.join(', ')} in line 1, got "${header.join(',')}": no ${missing.join(', ')}`,
    );
  }
  const rows: ScoreRow[] = [];
  const seen = new Map<string, Set<string>>();
  for (const { fields, line, problem } of records) {
    if (problem !== undefined) return err(`Line ${line}: ${problem}`);
    const row = toRow(
      at.map((index) => fields[index]),
      optionalAt.map((index) => (index === -1 ? '' : fields[index])),
    );
    if (typeof row === 'string') return err(`Line ${line}: ${row}`);
    const keys = seen.get(row.split) ?? new Set();
    if (keys.has(row.key))
      return err(`Line ${line}: expected every image once, got "${row.key}" of ${row.split} again`);
    seen.set(row.split, keys.add(row.key));
    rows.push(row);
  }
  return ok(rows);
}

/** As integers, and as pandas writes a column that once had gaps. */
const labels: ReadonlyMap<string, 0 | 1> = new Map([
  ['0', 0],
  ['0.0', 0],
  ['1', 1],
  ['1.0', 1],
]);

/** The row, or what is wrong with it. */
function toRow(
  [key, split, label, real, fake]: readonly (string | undefined)[],
  [source, group]: readonly (string | undefined)[],
): ScoreRow | string {
  if (key === undefined || split === undefined || label === undefined || real === undefined || fake === undefined) {
    return 'expected as many fields as in the header, got fewer';
  }
  if (source === undefined || group === undefined) return 'expected as many fields as in the header, got fewer';
  const of = labels.get(label);
  if (of === undefined) return `expected the label 0 (real) or 1 (fake), got "${label}"`;
  const scores = [real, fake].map(decimalOf);
  const wrong = scores.findIndex((score) => !Number.isFinite(score));
  if (wrong !== -1) return `expected a finite number as the ${columns[3 + wrong]} score, got "${[real, fake][wrong]}"`;
  return {
    key,
    split,
    label: of,
    real: scores[0]!,
    fake: scores[1]!,
    ...(source === '' ? {} : { source }),
    ...(group === '' ? {} : { group }),
  };
}
