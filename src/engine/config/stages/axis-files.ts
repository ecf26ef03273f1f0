import { csvRecords, decimalOf } from '../../../csv.ts';
import { suggest } from '../../../suggest.ts';
import type { Report, SourceFile, Span } from '../../diagnostics/diagnostic.ts';
import { globBase } from '../expand-glob.ts';
import type { LoadContext } from '../load-context.ts';
import { readSource, shownPath } from '../yaml/load-document.ts';
import {
  child,
  describeNode,
  type Entry,
  entriesOf,
  type MapNode,
  type Node,
  type ScalarNode,
  type TextNode,
} from '../yaml/node.ts';
import { parseYaml } from '../yaml/parse-yaml.ts';
import type { AxisLists } from './axis-lists.ts';
import type { InputPaths, PathClaim } from './input-paths.ts';

/** What reading values of axes from files needs, and leaves. */
export interface AxisFiles {
  readonly context: LoadContext;
  readonly paths: InputPaths;
  /** The files that were read, to be checked against the outputs of stages. */
  readonly claims: PathClaim[];
  /** The lists that stages make. */
  readonly lists: AxisLists;
}

/** The files that a pattern matches, as maps of `id` and `path`. None are a mistake. */
export async function matchesOf(
  { context, paths, claims }: AxisFiles,
  pattern: TextNode,
): Promise<readonly Node[]> {
  const { value: text, at } = pattern;
  const answer = await paths.find(text, at);
  if ('missing' in answer) {
    claims.push({ ...answer, shown: text, at });
    return [];
  }
  const base = globBase(text, context.root);
  return answer.paths.map(({ absolute, shown }) => {
    claims.push({ absolute, shown, at });
    const below = shownPath(absolute, base);
    const path = shown.includes('/') ? shown : `./${shown}`;
    return mapOf(at, { id: labelOfPath(below, text), path });
  });
}

/**
 * A path as the name of an axis value: without the extension that all matches of the pattern have,
 * and without characters that have a meaning in a stage's name.
 */
function labelOfPath(path: string, pattern: string): string {
  const extension = /\.[\p{L}\p{N}]+$/u.exec(pattern)?.[0] ?? '';
  const stem = path.endsWith(extension) ? path.slice(0, path.length - extension.length) : path;
  return stem.replace(/[\s,=@[\]{}()$"'`\\|&;<>*?]/g, '_');
}

/** A CSV or YAML file, or an output of a stage, whose rows are the values of an axis. */
interface AxisTable {
  readonly from: TextNode;
  /** The column whose values are taken; without it, each row is a map. */
  readonly column: TextNode | undefined;
}

/** The rows of a file, or the values of one of its columns, each once. */
export async function rowsOf(
  { context, paths, claims }: AxisFiles,
  { from, column }: AxisTable,
): Promise<readonly Node[]> {
  const { root, report } = context;
  const answer = await paths.find(from.value, from.at);
  if ('missing' in answer) {
    claims.push({ ...answer, shown: from.value, at: from.at });
    return [];
  }
  const [file] = answer.paths;
  if (file === undefined || answer.glob || !/\.(csv|ya?ml|json)$/i.test(file.absolute)) {
    const message = `Expected a file that ends in .csv, .yaml or .json for "from", got ${describeNode(from)}`;
    report({ code: 'wrong-value', message, at: from.at });
    return [];
  }
  claims.push({ ...file, at: from.at });
  const source = readSource(file.absolute, root, { at: from.at, what: 'a list of axis values' });
  if (!source.ok) {
    report(source.error);
    return [];
  }
  const rows = rowsOfSource(source.value, { from, column }, report);
  if (rows?.length === 0) {
    report({ code: 'empty-list', message: `"${from.value}" has no rows`, at: from.at });
  }
  return rows ?? [];
}

/** The rows of a text, or the values of one of its columns; undefined for one that has mistakes. */
export function rowsOfSource(
  source: SourceFile,
  { from, column }: AxisTable,
  report: Report,
): readonly Node[] | undefined {
  const isTable = /\.csv$/i.test(source.path);
  const rows = isTable ? rowsOfTable(source, report) : itemsOfList(source, report);
  if (rows === undefined || column === undefined) return rows;
  return valuesOfColumn(rows, column, { report, file: from.value });
}

/** The values of one column, each once, in the order of the rows. */
function valuesOfColumn(
  rows: readonly Node[],
  column: TextNode,
  { report, file }: { readonly report: Report; readonly file: string },
): readonly Node[] | undefined {
  const name = column.value;
  const columns = new Set(rows.flatMap((row) => [...entriesOf(row).keys()]));
  if (rows.length > 0 && !columns.has(name)) {
    const message = `"${file}" has no column "${name}"`;
    return report({ code: 'unknown-key', message, at: column.at, hint: suggest(name, columns) });
  }
  const values = new Map<string, Node>();
  for (const row of rows) {
    const value = child(row, name);
    const isEmpty = value === undefined || (value.type === 'scalar' && value.value === null);
    if (isEmpty) {
      const message = `This row of "${file}" has no value in the column "${name}"`;
      report({ code: 'wrong-value', message, at: row.at });
    } else {
      const key = value.type === 'scalar' ? String(value.value) : JSON.stringify(value);
      if (!values.has(key)) values.set(key, value);
    }
  }
  return [...values.values()];
}

function itemsOfList(source: SourceFile, report: Report): readonly Node[] | undefined {
  const parsed = parseYaml(source);
  if (!parsed.ok) {
    parsed.error.forEach(report);
    return undefined;
  }
  if (parsed.value.type === 'list') return parsed.value.items;
  const message = `Expected a list of values, got ${describeNode(parsed.value)}`;
  return report({ code: 'wrong-type', message, at: parsed.value.at });
}

/**
 * The rows of a CSV text as maps. A column is of numbers where each of its fields is one or empty.
 */
function rowsOfTable(source: SourceFile, report: Report): readonly MapNode[] | undefined {
  const [header, ...records] = csvRecords(source.text);
  const starts = lineStarts(source.text);
  const spanOf = (line: number): Span => {
    const start = starts[line - 1]!;
    const next = starts[line] ?? source.text.length + 1;
    return { file: source, start, end: Math.max(start + 1, next - 1) };
  };
  const names = header?.fields ?? [];
  const wrong = [header ?? [], records].flat().find((record) => {
    return record.problem !== undefined || record.fields.length !== names.length;
  });
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (header === undefined) return [];
  if (twice !== undefined || names.includes('')) {
    const message =
      twice === undefined ? 'A column has no name' : `Two columns are named "${twice}"`;
    return report({ code: 'wrong-value', message, at: spanOf(header.line) });
  }
  if (wrong !== undefined) {
    const count = `expected ${names.length} fields, got ${wrong.fields.length}`;
    const message = `This row cannot be read: ${wrong.problem ?? count}`;
    return report({ code: 'wrong-value', message, at: spanOf(wrong.line) });
  }
  const areNumbers = names.map((_, index) => {
    const fields = records.map((record) => record.fields[index]!).filter((field) => field !== '');
    return fields.length > 0 && fields.every(isPlainNumber);
  });
  return records.map(({ fields, line }) => {
    const cells = names.map((name, index) => {
      const field = fields[index]!;
      const value = areNumbers[index] ? Number(field) : field;
      return [name, field === '' ? null : value] as const;
    });
    return mapOf(spanOf(line), Object.fromEntries(cells));
  });
}

/** A number whose digits a person would not take for a name, as they would those of 007. */
const isPlainNumber = (field: string): boolean =>
  Number.isFinite(decimalOf(field)) && !/^[-+]?0\d/.test(field.trim());

function lineStarts(text: string): readonly number[] {
  const starts = [text.startsWith('\uFEFF') ? 1 : 0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

function mapOf(at: Span, values: Readonly<Record<string, ScalarNode['value']>>): MapNode {
  const entries = Object.entries(values).map(([key, value]): [string, Entry] => {
    return [key, { keyAt: at, value: { type: 'scalar', value, at } }];
  });
  return { type: 'map', entries: new Map(entries), at };
}
