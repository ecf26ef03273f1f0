import { compare } from '../../sort-order.ts';
import { type Condition, type Conjunct, inQuery, parseQuery, type Query } from './parse-query.ts';

/** A cell of a table: several values where several instances of a matrix have one each. */
export type Cell = number | string | null | readonly (number | string)[];

/**
 * A column of a table that the page filters and sorts; `ends` are the intervals of its numbers,
 * where they have some.
 */
export interface Column {
  readonly name: string;
  /** Of a stage: whether it is a setting or a number that the stage measured. */
  readonly of?: 'setting' | 'number';
  readonly values: readonly Cell[];
  readonly ends?: readonly (readonly [low: number, high: number] | null)[];
}

/**
 * The columns that a name means: its own, or those of any stage that end in it, as `seed` means
 * `fit.seed`. Among these, columns with one value in all rows are left out, such as the seed of
 * intervals, which would make each row meet `seed=7`.
 */
function columnsNamed(columns: readonly Column[], name: string): readonly Column[] {
  const named = columns.filter((column) => column.name === name);
  if (named.length > 0) return named;
  const ending = columns.filter((column) => column.name.endsWith(`.${name}`));
  const differing = ending.filter(({ values }) => new Set(values.flatMap(itemsOf)).size > 1);
  return differing.length > 0 ? differing : ending;
}

/** What a filter leaves. */
export interface Filtered {
  /** The rows for which the query holds, in order. */
  readonly rows: readonly number[];
  /** The names in the query that are no column. */
  readonly unknown: readonly string[];
  /** What is missing in the query, as a sentence; empty where nothing is. */
  readonly problem: string;
}

/** The rows of `count` for which a query holds. A cell without a value meets no comparison. */
export function filterRows(columns: readonly Column[], count: number, text: string): Filtered {
  const { conjuncts, problem } = parseQuery(text);
  const unknown: string[] = [];
  const tests = conjuncts.map(({ query }) => testOf(query, columns, unknown));
  const rows: number[] = [];
  for (let row = 0; row < count; row++) if (tests.every((test) => test(row))) rows.push(row);
  return { rows, unknown, problem };
}

type Test = (row: number) => boolean;

function testOf(query: Query, columns: readonly Column[], unknown: string[]): Test {
  if (query.form === 'not') {
    const test = testOf(query.part, columns, unknown);
    return (row) => !test(row);
  }
  if (query.form !== 'condition') {
    const tests = query.parts.map((part) => testOf(part, columns, unknown));
    return query.form === 'all'
      ? (row) => tests.every((test) => test(row))
      : (row) => tests.some((test) => test(row));
  }
  const { condition } = query;
  const { name } = condition;
  const named = name === undefined ? columns : columnsNamed(columns, name);
  if (named.length === 0 && name !== undefined) unknown.push(name);
  const holds = name === undefined ? containing(condition.value) : comparing(condition);
  return (row) => named.some(({ values }) => itemsOf(values[row]).some(holds));
}

export function itemsOf(cell: Cell | undefined): readonly (number | string)[] {
  if (cell == null) return [];
  return typeof cell === 'object' ? cell : [cell];
}

function containing(word: string): (item: number | string) => boolean {
  const wanted = word.toLowerCase();
  return (item) => typeof item === 'string' && item.toLowerCase().includes(wanted);
}

/**
 * Compares as numbers where both are, otherwise as texts. A cell without a value meets no
 * condition.
 */
function comparing({ operator, value }: Condition): (item: number | string) => boolean {
  const bound = Number(value);
  return (item) => {
    const isNumber = !Number.isNaN(bound) && !Number.isNaN(Number(item));
    const order = isNumber ? Number(item) - bound : compare(String(item), value);
    if (operator === '=') return order === 0;
    if (operator === '!=') return order !== 0;
    return operator.startsWith('>')
      ? order > 0 || (operator === '>=' && order === 0)
      : order < 0 || (operator === '<=' && order === 0);
  };
}

/** The rows by a column, `-name` the largest first; rows without a value come last either way. */
export function sortRows(
  rows: readonly number[],
  columns: readonly Column[],
  by: string,
): readonly number[] {
  const isDown = by.startsWith('-');
  const column = columns.find(({ name }) => name === by.replace(/^-/, ''));
  if (column === undefined) return rows;
  const extreme = isDown ? Math.max : Math.min;
  const keys = column.values.map((cell) => {
    const items = itemsOf(cell);
    if (items.length === 0) return undefined;
    return typeof items[0] === 'string' ? items.join() : extreme(...(items as number[]));
  });
  return rows.toSorted((a, b) => {
    const keyOfA = keys[a];
    const keyOfB = keys[b];
    if (keyOfA === undefined || keyOfB === undefined)
      return Number(keyOfA === undefined) - Number(keyOfB === undefined);
    return compare(keyOfA, keyOfB) * (isDown ? -1 : 1);
  });
}

/**
 * The query with a condition on a column instead of those that it had and that must hold; none
 * where `value` is empty. Alternatives stay, in brackets.
 */
export function withCondition(text: string, name: string, value: string, operator = '='): string {
  const { conjuncts } = parseQuery(text);
  const others = conjuncts
    .filter(({ query }) => query.form !== 'condition' || query.condition.name !== name)
    .map(inBrackets);
  const condition = `${inQuery(name)}${operator}${inQuery(value)}`;
  return [...others, ...(value === '' ? [] : [condition])].join(' ');
}

/** The stretch of a column as a query writes it: its ends, or the values in it. */
export type RangeTexts =
  | { readonly low: string; readonly high: string }
  | { readonly values: readonly string[] };

/**
 * The query with a range of a column instead of everything that it said of this column alone and
 * that must hold. A range without values changes nothing.
 */
export function withRange(text: string, name: string, range: RangeTexts): string {
  const { conjuncts } = parseQuery(text);
  const others = conjuncts
    .filter(({ query }) => !namesOf(query).every((other) => other === name))
    .map(inBrackets);
  const column = inQuery(name);
  if (!('values' in range))
    return [...others, `${column}>=${range.low}`, `${column}<=${range.high}`].join(' ');
  const conditions = range.values.map((value) => `${column}=${inQuery(value)}`);
  if (conditions.length === 0) return text;
  const either = conditions.join(' or ');
  return [...others, conditions.length === 1 ? either : `(${either})`].join(' ');
}

/** The columns that a query names; an empty name for a word that is searched in all. */
function namesOf(query: Query): readonly string[] {
  if (query.form === 'condition') return [query.condition.name ?? ''];
  return query.form === 'not' ? namesOf(query.part) : query.parts.flatMap(namesOf);
}

/** Alternatives stay together where other conditions join them. */
const inBrackets = ({ query, text }: Conjunct): string =>
  query.form === 'any' && !text.startsWith('(') ? `(${text})` : text;

/** Names of columns for an address, separated by blanks. */
export const joinNames = (names: readonly string[]): string =>
  names.map((name) => name.replace(/[%\s]/g, encodeURIComponent)).join(' ');

/** The columns of such a text; those that are shown anyway where it names none that is there. */
export function columnsOf(
  { columns, shown }: { readonly columns: readonly Column[]; readonly shown: readonly string[] },
  text: string,
): readonly Column[] {
  const named = (names: readonly string[]) =>
    names.flatMap((name) => columns.find((column) => column.name === name) ?? []);
  const askedColumns = named(text.split(' ').map(decoded));
  return askedColumns.length > 0 ? askedColumns : named(shown);
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** The value that a query asks of a column, as `cat` in `class=cat`. */
export function askedOf(text: string, name: string): string {
  for (const { query } of parseQuery(text).conjuncts) {
    if (query.form !== 'condition') continue;
    const { name: asked, operator, value } = query.condition;
    if (asked === name && operator === '=') return value;
  }
  return '';
}
