import { csvLine, csvRecords, decimalOf, findColumns } from '../../../csv.ts';
import { defaultNames, negativeName, positiveName } from '../../../default-class-names.ts';
import { err, ok, type Result } from '../../../result.ts';
import type { ScoreScale } from '../arithmetic/logits.ts';

/** The scores of one image: a line of a `scores` artifact. */
export interface ScoreRow {
  /** Identifies the image in its split, such as its path in the data set. */
  readonly key: string;
  readonly split: string;
  /**
   * The index of its label among the `names` of the table; {@link unlabelled} where it has none.
   */
  readonly label: number;
  /** One finite number for each of the table's classes, higher for more evidence. */
  readonly scores: readonly number[];
  /** The class of its label where the labels are sources, such as of `Deepfakes`. */
  readonly class?: string | undefined;
  /** The sub-source within its label, such as `Deepfakes`. Absent: unknown. */
  readonly source?: string | undefined;
  /** Images of one group, such as frames of one video, are not independent. Absent: alone. */
  readonly group?: string | undefined;
  /** The video that the image is a frame of, or a part of one. Absent: of none. */
  readonly video?: string | undefined;
  /** What else is known of the image, by name, such as its camera. */
  readonly slices?: Readonly<Record<string, string>> | undefined;
  /**
   * Which of several models scored it, such as those of the folds of a cross-validation, from 0;
   * not part of the file. Absent: the only one.
   */
  readonly scoredBy?: number | undefined;
}

/** The label of an image of which nobody has said what it shows. */
export const unlabelled = -1;

/** A video without an image, such as one without a face: a line of a file without scores. */
export type UnscoredVideo = Readonly<
  Pick<ScoreRow, 'split' | 'label' | 'class' | 'source' | 'group'> & { readonly video: string }
>;

/**
 * The scores of images for two classes or more.
 *
 * The file is CSV (RFC 4180) with the columns `key,split,label`, the names of labels in the last
 * (or the positions of their classes from 0, if no line has the name of a class), and
 * `score.<class>` for each class; `class`, `source`, `group` and `video` where they are known, and
 * `slice.<name>` for further facts. A line with a video and without scores is a video without an
 * image. `logit.<class>` or `probability.<class>` also says what the
 * scores are. Columns may be in any order, and others are ignored, so that anyone's scores fit; so
 * does `key,split,label` with the columns of {@link defaultNames} and the labels 0 and 1. No image
 * of a split occurs twice. A file without the column `label` holds images without labels, as
 * `predict` writes it.
 */
export interface ScoreTable {
  /** In the order of the scores. */
  readonly classes: readonly string[];
  /**
   * The names of labels: the classes, then those that no score is for, since the model does not
   * know them.
   */
  readonly names: readonly string[];
  /** What the scores are; absent where the file does not say. */
  readonly scale?: ScoreScale | undefined;
  readonly rows: readonly ScoreRow[];
  /** Videos without an image; absent where there are none. */
  readonly unscored?: readonly UnscoredVideo[] | undefined;
}

const columns = ['key', 'split', 'label'] as const;
const optionalColumns = ['class', 'source', 'group', 'video'] as const;
const prefixes: Readonly<Record<string, ScoreScale | undefined>> = {
  'score.': undefined,
  'logit.': 'logits',
  'probability.': 'probabilities',
};
const slicePrefix = 'slice.';

/**
 * The text of a `scores` file, numbers in the shortest form that reads back the same; other columns
 * only where known.
 */
export function formatScores(table: ScoreTable): string {
  const { classes, names, scale, rows, unscored = [] } = table;
  const described = [...rows, ...unscored];
  const known = optionalColumns.filter((column) =>
    described.some((row) => row[column] !== undefined),
  );
  const slices = new Set<string>();
  for (const row of rows)
    if (row.slices !== undefined) for (const name of Object.keys(row.slices)) slices.add(name);
  const prefix = Object.keys(prefixes).find((name) => prefixes[name] === scale)!;
  const scored = classes.map((name) => prefix + name);
  const isLabelled = described.length === 0 || described.some(({ label }) => label !== unlabelled);
  const first = columns.filter((column) => isLabelled || column !== 'label');
  const lines = rows.map((row) => {
    const fields: (string | number)[] = [row.key, row.split];
    if (isLabelled) fields.push(names[row.label]!);
    for (const score of row.scores) fields.push(score);
    for (const column of known) fields.push(row[column] ?? '');
    for (const name of slices) fields.push(row.slices?.[name] ?? '');
    return csvLine(fields);
  });
  for (const video of unscored) {
    const facts = known.map((column) => video[column] ?? '');
    const label = isLabelled ? [names[video.label]!] : [];
    const empty = [...classes, ...slices].map(() => '');
    const scores = empty.slice(0, classes.length);
    lines.push(
      csvLine([
        video.video,
        video.split,
        ...label,
        ...scores,
        ...facts,
        ...empty.slice(classes.length),
      ]),
    );
  }
  const header = csvLine([
    ...first,
    ...scored,
    ...known,
    ...Array.from(slices, (name) => slicePrefix + name),
  ]);
  return [header, ...lines].join('');
}

/**
 * Reads the text of a `scores` file; the error is one sentence with the line where reading stopped.
 * One without labels is a mistake, unless `needsLabels` is false.
 */
export function parseScores(text: string, { needsLabels = true } = {}): Result<ScoreTable, string> {
  const records = csvRecords(text);
  const first = records.next().value;
  if (first?.problem !== undefined) return err(`Line ${first.line}: ${first.problem}`);
  const form = readHeader(first?.fields.map((name) => name.trim()) ?? [], needsLabels);
  if (!form.ok) return form;
  const names = [...form.value.classes];
  const texts = new RepeatedTexts(names);
  const rows: Mutable<ScoreRow>[] = [];
  const unscored: Mutable<UnscoredVideo>[] = [];
  const seen = new Map<string, Set<string>>();
  for (const { fields, line, problem } of records) {
    if (problem !== undefined) return err(`Line ${line}: ${problem}`);
    const row = toRow(fields, form.value, texts);
    if (typeof row !== 'string' && !('scores' in row)) {
      unscored.push(row);
      continue;
    }
    if (typeof row === 'string') return err(`Line ${line}: ${row}`);
    const keys = seen.get(row.split) ?? new Set();
    if (keys.has(row.key)) {
      return err(`Line ${line}: expected every image once, got "${row.key}" of ${row.split} again`);
    }
    seen.set(row.split, keys.add(row.key));
    rows.push(row);
  }
  const { classes, scale } = form.value;
  const byPosition = classesAtPositions(names, classes, [...rows, ...unscored]);
  if (byPosition !== undefined) {
    const move = <Row extends { label: number }>(row: Row): void => {
      row.label = byPosition[row.label]!;
    };
    rows.forEach(move);
    unscored.forEach(move);
  }
  return ok({
    classes,
    names: byPosition === undefined ? names : [...classes],
    ...(scale && { scale }),
    rows,
    ...(unscored.length > 0 && { unscored }),
  });
}

/**
 * The class of each label where all labels are positions of classes, from 0; undefined where one is
 * a name.
 */
function classesAtPositions(
  names: readonly string[],
  classes: readonly string[],
  rows: readonly { readonly label: number }[],
): readonly number[] | undefined {
  if (names.length === classes.length) return undefined;
  if (rows.some(({ label }) => label < classes.length)) return undefined;
  const positions = names.map((name) => (/^\d+(\.0)?$/.test(name) ? Number(name) : classes.length));
  const isPosition = (position: number, label: number) =>
    label < classes.length || position < classes.length;
  return positions.every(isPosition) ? positions : undefined;
}

/** The texts that many rows of a file share. */
class RepeatedTexts {
  readonly #names: string[];
  readonly #labels: Map<string, number>;
  readonly #texts = new Map<string, string>();

  /** @param names The labels so far; new ones are added. */
  constructor(names: string[]) {
    this.#names = names;
    this.#labels = new Map(names.map((name, index) => [name, index]));
  }

  /** The index of a label's name. */
  labelOf(name: string): number {
    const known = this.#labels.get(name);
    if (known !== undefined) return known;
    const label = this.#names.push(name) - 1;
    this.#labels.set(name, label);
    return label;
  }

  /** One string for all equal ones: a million strings of their own take tens of megabytes. */
  shared(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, text);
    return text;
  }
}

/** What the header of a file says: where everything stands in a line. */
interface Header {
  readonly classes: readonly string[];
  readonly scale?: ScoreScale | undefined;
  /** Whether labels are 0 and 1, in a file of the classes by default. */
  readonly isNumbered: boolean;
  readonly scores: readonly number[];
  /** The positions of the named columns, those that are absent -1. */
  readonly at: Readonly<
    Record<(typeof columns)[number] | (typeof optionalColumns)[number], number>
  >;
  readonly slices: readonly { readonly name: string; readonly at: number }[];
  /** The last position of all. */
  readonly last: number;
}

function readHeader(header: readonly string[], needsLabels: boolean): Result<Header, string> {
  const under = (prefix: string) => header.filter((name) => name.startsWith(prefix));
  const [prefix, secondPrefix] = Object.keys(prefixes).filter(
    (candidate) => under(candidate).length > 0,
  );
  const scored = prefix === undefined ? [...defaultNames] : under(prefix);
  const wanted = [...columns, ...scored];
  const got = header.length === 0 ? 'an empty file' : `"${header.join(',')}"`;
  const expected = `Expected the columns ${wanted.join(', ')} in line 1, got ${got}`;
  if (secondPrefix !== undefined)
    return err(`Expected scores of one kind in line 1, got ${prefix} and ${secondPrefix} columns`);
  const located = findColumns(header, [...new Set([...wanted, ...optionalColumns, ...header])]);
  if (!located.ok) return err(`Expected every column once in line 1, got "${located.error}" twice`);
  const missing = wanted.filter(
    (name) => !header.includes(name) && (needsLabels || name !== 'label'),
  );
  if (missing.length > 0) {
    const hint =
      prefix === undefined
        ? `; other classes than ${negativeName} and ${positiveName} are columns such as score.cat. docs/cookbook.md turns other columns into these`
        : '';
    const wrong = header[0]?.includes(';')
      ? 'its columns have semicolons between them'
      : `no ${missing.join(', ')}`;
    return err(header.length === 0 ? expected : `${expected}: ${wrong}${hint}`);
  }
  if (scored.length < 2)
    return err(`Expected scores of two classes or more in line 1, got ${scored.join()} alone`);
  const named = [...columns, ...optionalColumns];
  const at = Object.fromEntries(named.map((name) => [name, header.indexOf(name)])) as Header['at'];
  const scores = scored.map((name) => header.indexOf(name));
  const slices = under(slicePrefix).map((name) => ({
    name: name.slice(slicePrefix.length),
    at: header.indexOf(name),
  }));
  return ok({
    at,
    scores,
    slices,
    isNumbered: prefix === undefined,
    scale: prefixes[prefix ?? ''],
    classes: scored.map((name) => name.slice(prefix?.length ?? 0)),
    last: Math.max(...Object.values(at), ...scores, ...slices.map((slice) => slice.at)),
  });
}

/** Labels as integers, or as the floats that pandas writes for a column that once had gaps. */
const numbered: ReadonlyMap<string, number> = new Map(
  Object.entries({ '0': 0, '0.0': 0, [negativeName]: 0, '1': 1, '1.0': 1, [positiveName]: 1 }),
);

/** The row of these fields, or their mistake. */
function toRow(
  fields: readonly string[],
  header: Header,
  texts: RepeatedTexts,
): Mutable<ScoreRow> | Mutable<UnscoredVideo> | string {
  const { at, scores: positions, classes, isNumbered, slices, last } = header;
  if (fields.length <= last) return 'expected as many fields as in the header, got fewer';
  const name = fields[at.label];
  if (isNumbered && name !== undefined && !numbered.has(name)) {
    return `expected the label 0 (${negativeName}) or 1 (${positiveName}), got "${name}"`;
  }
  if (name === '') return 'expected the name of a class as label, got none';
  const isUnscored =
    at.video !== -1 && fields[at.video] !== '' && positions.every((p) => fields[p] === '');
  // It has its length from the start: an array that grows has room for 17 numbers at once.
  const scores = new Array<number>(positions.length);
  for (let c = 0; c < positions.length && !isUnscored; c++) {
    const field = fields[positions[c]!]!;
    const score = decimalOf(field);
    if (!Number.isFinite(score))
      return `expected a finite number as the ${classes[c]} score, got "${field}"`;
    scores[c] = score;
  }
  const indexOf = (label: string) => (isNumbered ? numbered.get(label)! : texts.labelOf(label));
  const label = name === undefined ? unlabelled : indexOf(name);
  const row: Mutable<ScoreRow> = {
    key: fields[at.key]!,
    split: texts.shared(fields[at.split]!),
    label,
    scores,
  };
  for (const column of optionalColumns) {
    const value = at[column] === -1 ? '' : fields[at[column]]!;
    if (value !== '') row[column] = texts.shared(value);
  }
  const filled = slices
    .filter((slice) => fields[slice.at] !== '')
    .map((slice) => [slice.name, fields[slice.at]!]);
  if (filled.length > 0) row.slices = Object.fromEntries(filled);
  if (!isUnscored) return row;
  const { split, class: of, source, group, video } = row;
  return { split, label, class: of, source, group, video: video! };
}

/** A value under construction. */
export type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };
