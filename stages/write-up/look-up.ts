import type { Json } from '../../src/json.ts';
import { err, ok, type Result } from '../../src/result.ts';
import { thereAre } from '../../src/suggest.ts';
import type { Readable } from './read-artifact.ts';

/** What an artifact says under a name: a number, with its interval where it has one, or a text. */
export interface Said {
  readonly value: number | string;
  readonly interval?: readonly [low: number, high: number];
}

/**
 * Looks a name up in an artifact. In metrics, it is a number's path, `splits` left out; in other JSON the path of any value, a
 * place in a list being a number; in a table a column of the rows that `row` chooses by the values of columns, one or several.
 */
export function lookUp(
  artifact: Readable,
  path: string,
  row: ReadonlyMap<string, string>,
): Result<readonly Said[], string> {
  switch (artifact.as) {
    case 'values': {
      const said = fromValues(artifact, path);
      return said.ok ? ok([said.value]) : said;
    }
    case 'table':
      return fromTable(artifact, path, row);
    case 'text':
    case 'figures':
      return err(`expected an artifact with values, got ${artifact.as === 'text' ? 'a text' : 'pictures'}`);
  }
}

function fromValues({ json, metrics }: Readable & { as: 'values' }, path: string): Result<Said, string> {
  const number = metrics?.values.get(path);
  const value = number ?? valueAt(json, path.split('.'));
  const interval = metrics?.intervals.get(path);
  if (number === null || value === null) return err(`"${path}" is not known there: null`);
  if (typeof value === 'number' || typeof value === 'string') return ok({ value, ...(interval && { interval }) });
  if (typeof value === 'boolean') return ok({ value: value ? 'yes' : 'no' });
  return err(unknown(path, [...(metrics?.values.keys() ?? [])], 'a value'));
}

/** Steps of the path, of which several may be one key. */
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

function fromTable(
  { columns, rows }: Readable & { as: 'table' },
  path: string,
  row: ReadonlyMap<string, string>,
): Result<readonly Said[], string> {
  const strange = [path, ...row.keys()].find((name) => !columns.includes(name));
  if (strange !== undefined) return err(unknown(strange, columns, 'a column'));
  const fitting = rows.filter((fields) =>
    Array.from(row).every(([name, value]) => fields[columns.indexOf(name)] === value),
  );
  if (fitting.length === 0) {
    const which = Array.from(row, ([name, value]) => `${name}=${value}`).join(',');
    return err(
      `expected a row${which && ` with ${which}`}, got none; choose by columns, as in table[${columns[0]}=${rows[0]?.[0] ?? '…'}]`,
    );
  }
  const fields = fitting.map((row) => row[columns.indexOf(path)]!);
  if (fields.includes(''))
    return err(`"${path}" is empty in ${fitting.length === 1 ? 'that row' : 'some of these rows'}`);
  return ok(fields.map((field) => ({ value: Number.isFinite(Number(field)) ? Number(field) : field })));
}

const unknown = (name: string, known: readonly string[], what: string) =>
  `expected ${what}, got "${name}". ${thereAre(name, known)}`;
