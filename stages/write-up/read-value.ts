import type { Json } from '../../src/json.ts';
import { StageError } from '../../src/stage.ts';
import { thereAre } from '../../src/suggest.ts';
import type { Artifact } from './read-artifact.ts';

/** A number with its interval if it has one, or a text. */
export interface Value {
  readonly value: number | string;
  readonly interval?: readonly [low: number, high: number] | undefined;
}

/**
 * Reads a name in an artifact: in metrics the path of a number, without `splits`; in other JSON the path of any value, with a
 * number for a place in a list; in a table a column of the rows that `row` selects by the values of columns. Throws a
 * {@link StageError} of one sentence if there is no such value.
 */
export function readValues(artifact: Artifact, path: string, row: ReadonlyMap<string, string>): readonly Value[] {
  switch (artifact.as) {
    case 'values':
      return [valueIn(artifact, path)];
    case 'table':
      return valuesInTable(artifact, path, row);
    default:
      throw new StageError(`expected an artifact with values, got ${artifact.as === 'text' ? 'a text' : 'pictures'}`);
  }
}

function valueIn({ json, metrics }: Artifact & { as: 'values' }, path: string): Value {
  const number = metrics?.values.get(path);
  const value = number === undefined ? valueAt(json, path.split('.')) : number;
  if (value === null) throw new StageError(`"${path}" is not known there: null`);
  if (typeof value === 'number' || typeof value === 'string') return { value, interval: metrics?.intervals.get(path) };
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
    const found = valueAt((json as Readonly<Record<string, Json>>)[key], steps.slice(count));
    if (found !== undefined) return found;
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
  const fitting = rows.filter((fields) => [...row].every(([name, value]) => fields[columns.indexOf(name)] === value));
  if (fitting.length === 0) {
    const which = Array.from(row, (pair) => pair.join('=')).join(',');
    throw new StageError(
      `expected a row${which && ` with ${which}`}, got none; choose by columns, as in table[${columns[0]}=${rows[0]?.[0] ?? '…'}]`,
    );
  }
  const fields = fitting.map((row) => row[columns.indexOf(path)]!);
  if (fields.includes(''))
    throw new StageError(`"${path}" is empty in ${fitting.length === 1 ? 'that row' : 'some of these rows'}`);
  return fields.map((field) => ({ value: Number.isFinite(Number(field)) ? Number(field) : field }));
}

/** The mistake of a name that does not exist. */
export const unknown = (what: string, name: string, known: readonly string[]): StageError =>
  new StageError(`expected ${what}, got "${name}". ${thereAre(name, known)}`);
