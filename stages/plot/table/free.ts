import { statSync } from 'node:fs';
import { logger, Error as OnlyErrors, parse, splitAccessPath } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { isJsonObject, type Json, type JsonObject } from '../../../src/json.ts';
import { describeInput, readInput } from '../../../src/read-input.ts';
import { type InputArtifact, StageError } from '../../../src/stage.ts';
import { thereAre } from '../../../src/suggest.ts';
import type { DrawForm } from '../forms/draw-form.ts';
import { columnsOf, parseTable, type TableRow } from './parse-table.ts';

/** Draws the user's spec over the rows of all tables, whose labels become further columns. */
export const draw: DrawForm = ({ inputs, settings }) => {
  const { spec = {}, title } = settings;
  const rows = inputs('table').flatMap(readRows);
  if (rows.length === 0) throw new StageError('Expected at least one row in the table, got none.');
  requireFields(spec, rows);
  const complete = {
    ...(spec as object),
    ...(title !== undefined && { title }),
    data: { name: 'table', values: rows },
  } as TopLevelSpec;
  requireDrawable(complete);
  return complete;
};

function readRows(input: InputArtifact): readonly TableRow[] {
  const { path, labels } = input;
  if (statSync(path).isDirectory())
    throw new StageError(
      `${describeInput('table', labels)}: expected a CSV or JSON file, got a folder`,
    );
  const typed = (value: string) => (Number.isNaN(Number(value)) ? value : Number(value));
  const further = Object.fromEntries(
    Object.entries(labels).map(([axis, value]) => [axis, typed(value)]),
  );
  return readInput('table', input, parseTable).map((row) => ({ ...further, ...row }));
}

/** Throws a {@link StageError} where Vega-Lite cannot compile the spec. */
function requireDrawable(spec: TopLevelSpec): void {
  try {
    const silent = logger(OnlyErrors, undefined, () => {});
    parse(compile(spec, { logger: silent }).spec);
  } catch (error) {
    // The message may contain the whole spec.
    const message = (error as Error).message.replace(/\{.*\}/s, '').slice(0, 300);
    throw new StageError(`Vega-Lite does not take the spec: ${message}`);
  }
}

/** Names that transforms make without `as`. */
const usualNames = {
  fold: ['key', 'value'],
  density: ['value', 'density'],
  quantile: ['prob', 'value'],
} as const;

/** Properties that hold a field name or a list of field names. */
const holders = new Set([
  'field',
  'fields',
  'groupby',
  'fold',
  'flatten',
  'density',
  'quantile',
  'lookup',
  'regression',
  'loess',
]);

/**
 * Throws a {@link StageError} for the first field of a spec that no row has and no transform makes.
 */
function requireFields(spec: JsonObject, rows: readonly TableRow[]): void {
  const made = new Set(madeNames(spec));
  if (made.has('*')) return;
  for (const name of namedFields(spec)) {
    const path = splitAccessPath(name);
    if (made.has(path[0]!) || rows.some((row) => hasPath(row, path))) continue;
    throw new StageError(
      `The spec names the field "${name}", which the table lacks. ${thereAre(name, columnsOf(rows))}`,
    );
  }
}

function hasPath(row: TableRow, path: readonly string[]): boolean {
  let value: Json | undefined = row;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return false;
    value = (value as JsonObject)[step];
  }
  return true;
}

/**
 * The names that the transforms of a spec make; `*` where they depend on the data, as those of a
 * pivot do.
 */
function* madeNames(value: Json | undefined): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    if (key === 'as') yield* textsOf(item);
    else if (key === 'pivot') yield '*';
    else if (key !== 'values') {
      yield* Object.hasOwn(usualNames, key) ? usualNames[key as keyof typeof usualNames] : [];
      yield* madeNames(item);
    }
  }
}

/**
 * The fields that encodings, transforms, selections and repeats name, except in parts with data of
 * their own.
 */
function* namedFields(value: Json | undefined): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  const ownData = (value as JsonObject)['data'];
  if (ownData !== undefined && (ownData as JsonObject)['name'] !== 'table') return;
  const map = value as JsonObject;
  if (Object.hasOwn(map, 'regression') || Object.hasOwn(map, 'loess')) yield* textsOf(map['on']);
  for (const [key, item] of Object.entries(value)) {
    if (holders.has(key)) yield* textsOf(item);
    else if (key === 'repeat') yield* repeatedFields(item);
    else if (key === 'filter' || key === 'calculate') yield* datumNames(item);
    if (key !== 'config') yield* namedFields(item);
  }
}

/**
 * The fields that `repeat: [a, b]` and `repeat: { row: [a, b] }` name; `field: { repeat: row }`
 * names none.
 */
function repeatedFields(item: Json): readonly string[] {
  if (Array.isArray(item)) return textsOf(item);
  return isJsonObject(item) ? Object.values(item).flatMap(textsOf) : [];
}

/** `datum.accuracy` and `datum['accuracy']` of an expression. */
function* datumNames(expression: Json): Generator<string> {
  if (typeof expression !== 'string') return;
  for (const [, plain, , quoted] of expression.matchAll(
    /\bdatum(?:\.([A-Za-z_$][\w$]*)|\[\s*(['"])(.*?)\2\s*\])/g,
  )) {
    yield plain ?? quoted!.replaceAll('.', '\\.');
  }
}

function textsOf(value: Json | undefined): readonly string[] {
  return [value].flat().filter((item) => typeof item === 'string');
}
