import { csvRecords, decimalOf } from '../../../src/csv.ts';
import {
  isJsonObject,
  type Json,
  type JsonObject,
  type JsonTree,
  parseJson,
  setAt,
} from '../../../src/json.ts';
import { err, ok, type Result } from '../../../src/result.ts';

export type TableRow = JsonObject;

/**
 * Reads the rows of a table. In CSV, columns of numbers become numbers, empty fields null, and a
 * column `test.auc` becomes a nested value, as fields of a spec are paths. In JSON, the rows are a
 * list of objects, the first such list inside of an object, or else the object as the only row. The
 * error is one sentence.
 */
export function parseTable(text: string): Result<readonly TableRow[], string> {
  return /^\s*[[{]/.test(text) ? rowsIn(text) : parseCsv(text);
}

function rowsIn(text: string): Result<readonly TableRow[], string> {
  const json = parseJson(text, 'a table');
  if (!json.ok) return json;
  const { value } = json;
  if (isRows(value)) return ok(value);
  if (!isJsonObject(value)) return err('Expected a table as a JSON list of maps');
  return ok(
    Object.values(value)
      .filter(isRows)
      .find((rows) => rows.length > 0) ?? [value],
  );
}

function parseCsv(text: string): Result<readonly TableRow[], string> {
  const [header, ...records] = csvRecords(text);
  if (header === undefined) return err('Expected a table as CSV with a header, got an empty file');
  const names = header.fields.map((name) => name.trim());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    return err(`Expected columns with different names in line 1, got "${twice}" twice`);
  const inPath = names.find((name) => names.some((longer) => longer.startsWith(`${name}.`)));
  if (inPath !== undefined)
    return err(
      `Expected names that are no part of others in line 1, got "${inPath}" and "${inPath}.…"`,
    );
  const wrong = records.find(({ problem }) => problem !== undefined);
  if (wrong !== undefined) return err(`Line ${wrong.line}: ${wrong.problem}`);
  const short = records.find(({ fields }) => fields.length !== names.length);
  if (short !== undefined)
    return err(
      `Line ${short.line}: expected ${names.length} fields as in the header, got ${short.fields.length}`,
    );
  const columns = names.map((_, column) =>
    parseFields(records.map(({ fields }) => fields[column]!)),
  );
  return ok(
    records.map((_, row) => nest(names.map((name, column) => [name, columns[column]![row]!]))),
  );
}

/** Numbers, where every field that is not empty is one. */
function parseFields(fields: readonly string[]): readonly Json[] {
  const filled = fields.filter((field) => field.trim() !== '');
  const numbers = filled.length > 0 && filled.every((field) => Number.isFinite(decimalOf(field)));
  return fields.map((field) => {
    if (field.trim() === '') return null;
    return numbers ? Number(field) : field;
  });
}

/**
 * `[['test.auc', 1]]` is `{ test: { auc: 1 } }`: Vega-Lite takes a dot in a field's name for a
 * step.
 */
function nest(entries: readonly (readonly [name: string, value: Json])[]): TableRow {
  const row: JsonTree = {};
  for (const [name, value] of entries) setAt(row, name.split('.'), value);
  return row as TableRow;
}

/**
 * The paths of the values in some rows, as a spec names them, in the order of their first
 * occurrence.
 */
export function columnsOf(rows: readonly TableRow[]): readonly string[] {
  const names = new Set<string>();
  const add = (map: JsonObject, path: string) => {
    for (const [key, value] of Object.entries(map)) {
      if (isJsonObject(value) && Object.keys(value).length > 0) add(value, `${path}${key}.`);
      else names.add(path + key);
    }
  };
  for (const row of rows) add(row, '');
  return [...names];
}

const isRows = (value: Json): value is readonly JsonObject[] =>
  Array.isArray(value) && value.every(isJsonObject);
