import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { csvRecords } from '../../src/csv.ts';
import type { Json } from '../../src/json.ts';
import { readTitle } from '../../src/learning/charts/chart-title.ts';
import { pairColumns, stemOf, turnPair } from '../../src/learning/metrics/comparison/pair-table.ts';
import { type Metrics, parseMetrics } from '../../src/learning/metrics/metrics-file.ts';
import { StageError } from '../../src/stage.ts';
import { thereAre } from '../../src/suggest.ts';

/** An artifact in the form that a slot can read, recognised by the names of its files. */
export type Artifact =
  | { readonly as: 'values'; readonly json: Json; readonly metrics?: Metrics }
  | {
      readonly as: 'table';
      readonly columns: readonly string[];
      readonly rows: readonly (readonly string[])[];
    }
  /** `folder` is where its figures lie, of a text from a folder. */
  | { readonly as: 'text'; readonly text: string; readonly folder?: string }
  | { readonly as: 'figures'; readonly figures: readonly Figure[] };

/** A picture to copy beside the Markdown file. */
export interface Figure {
  /** Absolute path of the file. */
  readonly path: string;
  /** The title of a chart, or of the SVG of a drawing; else the file's name without extension. */
  readonly title: string;
}

const pictures = ['.svg', '.png', '.jpg', '.jpeg', '.webp', '.gif'];

/**
 * Reads JSON, CSV and text, a chart's picture, all pictures of a folder, and the facts of a model.
 * Throws a {@link StageError} of one clause for anything else.
 */
export function readArtifact(path: string): Artifact {
  if (statSync(path).isDirectory()) return readFolder(path);
  return (readers[extname(path)] ?? readUnnamed)(path);
}

const readers: Readonly<Record<string, (path: string) => Artifact>> = {
  '.json': readJson,
  '.csv': readTable,
  '.md': readText,
  '.txt': readText,
};

/** What a command wrote under a name without extension: JSON, else text. */
function readUnnamed(path: string): Artifact {
  try {
    return readJson(path);
  } catch {
    return readText(path);
  }
}

function readText(path: string, folder?: string): Artifact {
  return {
    as: 'text',
    text: readFileSync(path, 'utf8').trimEnd(),
    ...(folder !== undefined && { folder }),
  };
}

function readFolder(path: string): Artifact {
  const names = (readdirSync(path, { recursive: true }) as string[]).sort();
  if (names.includes('chart.vl.json')) {
    const { title } = readTitle(readFileSync(join(path, 'chart.vl.json'), 'utf8'));
    return { as: 'figures', figures: [{ path: join(path, 'chart.png'), title }] };
  }
  const texts = names.filter((name) => /^[^/]+\.md$/.test(name));
  if (texts.length === 1) return readText(join(path, texts[0]!), path);
  if (names.includes('info.json')) return readJson(join(path, 'info.json'));
  const figures = names.filter((name) => pictures.includes(extname(name).toLowerCase()));
  // A picture in two formats is taken in the one that needs no fonts.
  const once = figures.filter(
    (name) => extname(name) !== '.svg' || !figures.includes(name.replace(/svg$/, 'png')),
  );
  if (once.length === 0)
    throw new StageError(
      'expected JSON, CSV, Markdown, a chart, pictures or a model, got a folder without',
    );
  const titled = once.map((name) => ({
    path: join(path, name),
    title: titleOfDrawing(path, name, names),
  }));
  return { as: 'figures', figures: titled };
}

/** The title of the SVG, also if the picture is the PNG beside it. */
function titleOfDrawing(folder: string, name: string, names: readonly string[]): string {
  const svg = name.replace(/\.[^.]+$/, '.svg');
  const title =
    names.includes(svg) &&
    /<title>([^<]*)<\/title>/.exec(readFileSync(join(folder, svg), 'utf8'))?.[1];
  if (typeof title !== 'string') return basename(name, extname(name));
  return title.replaceAll(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
}

function readJson(path: string): Artifact {
  const text = readFileSync(path, 'utf8');
  const metrics = parseMetrics(text);
  try {
    return { as: 'values', json: JSON.parse(text), ...(metrics.ok && { metrics: metrics.value }) };
  } catch (error) {
    throw new StageError(`expected JSON: ${(error as Error).message}`);
  }
}

function readTable(path: string): Artifact {
  const records = [...csvRecords(readFileSync(path, 'utf8'))];
  const wrong = records.find(({ problem }) => problem !== undefined);
  if (wrong !== undefined) throw new StageError(`line ${wrong.line}: ${wrong.problem}`);
  const [columns, ...rows] = records.map(({ fields }) => fields);
  if (columns === undefined)
    throw new StageError('expected a table with a header, got an empty file');
  return { as: 'table', columns, rows };
}

/**
 * What a slot says where the artifact has null or an empty field: a measure may be undefined in
 * one run and not in another.
 */
export const undefinedValue = '–';

/** A number with its interval if it has one, or a text. */
export interface Value {
  readonly value: number | string;
  readonly interval?: readonly [low: number, high: number] | undefined;
  /** What conditions read beside a field of a table. */
  readonly neighbours?: Neighbours;
}

/**
 * The interval of a number and the p-value of its test, from the columns that belong to its own.
 */
interface Neighbours {
  readonly interval?: readonly [low: number, high: number];
  /** After Holm's adjustment where the table has it. */
  readonly p?: number;
}

/**
 * Reads a name in an artifact: in metrics the path of a number, without `splits`; in other JSON the
 * path of any value, with a number for a place in a list; in a table a column of the rows that
 * `row` selects by the values of columns. Throws a {@link StageError} of one sentence if there is
 * no such value.
 */
export function readValues(
  artifact: Artifact,
  path: string,
  row: ReadonlyMap<string, string>,
): readonly Value[] {
  if (artifact.as === 'values') return [valueIn(artifact, path)];
  if (artifact.as === 'table') return valuesInTable(artifact, path, row);
  throw new StageError(
    `expected an artifact with values, got ${artifact.as === 'text' ? 'a text' : 'pictures'}`,
  );
}

function valueIn({ json, metrics }: Artifact & { as: 'values' }, path: string): Value {
  const number = metrics?.values.get(path);
  const value = number === undefined ? valueAt(json, path.split('.')) : number;
  if (value === null) return { value: undefinedValue };
  if (typeof value === 'number' || typeof value === 'string')
    return { value, interval: metrics?.intervals.get(path) };
  if (typeof value === 'boolean') return { value: value ? 'yes' : 'no' };
  throw unknown('a value', path, [...(metrics?.values.keys() ?? [])]);
}

/** Several steps of the path may be one key. */
function valueAt(json: Json | undefined, steps: readonly string[]): Json | undefined {
  if (steps.length === 0) return json;
  if (typeof json !== 'object' || json === null) return undefined;
  for (let count = steps.length; count > 0; count--) {
    const key = steps.slice(0, count).join('.');
    if (!Object.hasOwn(json, key)) continue;
    const value = valueAt((json as Readonly<Record<string, Json>>)[key], steps.slice(count));
    if (value !== undefined) return value;
  }
  return undefined;
}

function valuesInTable(
  { columns, rows }: Artifact & { as: 'table' },
  path: string,
  row: ReadonlyMap<string, string>,
): readonly Value[] {
  const strange = [path, ...row.keys()].find((name) => !columns.includes(name));
  if (strange !== undefined) throw unknown('a column', strange, columns);
  const fitting = rowsWith(row, columns, rows);
  if (fitting.length === 0) {
    const which = Array.from(row, (pair) => pair.join('=')).join(',');
    throw new StageError(
      `expected a row${which && ` with ${which}`}, got none; choose by columns, as in table[${columns[0]}=${rows[0]?.[0] ?? '…'}]`,
    );
  }
  return fitting.map((fields): Value => {
    const field = fields[columns.indexOf(path)]!;
    if (field === '') return { value: undefinedValue };
    if (!Number.isFinite(Number(field))) return { value: field };
    return { value: Number(field), neighbours: neighboursOf(path, columns, fields) };
  });
}

/** The rows with these fields. Without one, those of a pair of models in the other order. */
function rowsWith(
  row: ReadonlyMap<string, string>,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): readonly (readonly string[])[] {
  const isFitting = (fields: readonly string[]) =>
    [...row].every(([name, value]) => fields[columns.indexOf(name)] === value);
  const fitting = rows.filter(isFitting);
  if (fitting.length > 0 || !pairColumns.every((name) => row.has(name))) return fitting;
  return rows.map((fields) => turnPair(columns, fields)).filter(isFitting);
}

/**
 * `aucLow` and `aucHigh` are the ends of the interval of `auc` and of `aucDifference`, as two
 * columns `low` and `high` that follow a number are of that.
 */
function neighboursOf(
  path: string,
  columns: readonly string[],
  fields: readonly string[],
): Neighbours {
  const position = columns.indexOf(path);
  const stem = stemOf(path);
  const numberIn = (column: number) =>
    fields[column] === undefined || fields[column] === '' ? Number.NaN : Number(fields[column]);
  const follows = columns[position + 1] === 'low' && columns[position + 2] === 'high';
  const ends = follows
    ? [position + 1, position + 2]
    : [columns.indexOf(`${stem}Low`), columns.indexOf(`${stem}High`)];
  const [low, high] = ends.map(numberIn) as [number, number];
  const p = [`${stem}AdjustedP`, `${stem}P`]
    .map((name) => numberIn(columns.indexOf(name)))
    .find(Number.isFinite);
  return {
    ...(Number.isFinite(low) && Number.isFinite(high) && { interval: [low, high] as const }),
    ...(p !== undefined && stem !== path && { p }),
  };
}

/** The mistake of a name that does not exist. */
export const unknown = (what: string, name: string, known: readonly string[]): StageError =>
  new StageError(`expected ${what}, got "${name}". ${thereAre(name, known)}`);
