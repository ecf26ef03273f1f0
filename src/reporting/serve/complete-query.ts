import { type Column, itemsOf } from './filter-query.ts';
import { inQuery } from './parse-query.ts';

/** What could stand at the cursor of a query. */
export interface Completion {
  /** What an option replaces. */
  readonly from: number;
  readonly to: number;
  readonly options: readonly string[];
}

const mostOptions = 8;
/** A value with more letters than this is nothing that one picks from a list. */
const longestValue = 60;

/**
 * What may stand at a place of a query: names of columns for the beginning of one, and after an
 * operator the values of that column. No options where nothing begins like it.
 */
export function completeQuery(columns: readonly Column[], text: string, place: number): Completion {
  const before = text.slice(0, place);
  const [word = ''] = /[^\s()]*$/.exec(before)!;
  const [, minus = '', name, operator, begun = ''] =
    /^(-?)([^<>=!]+)(>=|<=|!=|=|>|<)(.*)$/.exec(word) ?? [];
  if (name === undefined) {
    const sign = /^-(?=\p{L})/u.test(word) ? 1 : 0;
    const typed = word.slice(sign);
    const options = typed === '' ? [] : namesLike(columns, typed);
    return { from: place - typed.length, to: place, options };
  }
  const from = place - word.length + minus.length + name.length + operator!.length;
  return { from, to: place, options: valuesLike(columns, bareName(name), begun) };
}

const bareName = (name: string): string => name.replace(/^"|"$/g, '').replaceAll('""', '"');

/** Short names first: `seed` for all stages that have it, then each one of them. */
function namesLike(columns: readonly Column[], typed: string): readonly string[] {
  const wanted = typed.toLowerCase();
  const names = new Set<string>();
  for (const { name } of columns) {
    const steps = name.split('.');
    for (let step = steps.length - 1; step >= 0; step--) {
      const ending = steps.slice(step).join('.');
      if (ending.toLowerCase().startsWith(wanted)) names.add(ending);
    }
  }
  const sorted = [...names].toSorted((a, b) => a.length - b.length);
  return sorted
    .filter((name) => name !== typed)
    .slice(0, mostOptions)
    .map(inQuery);
}

function valuesLike(columns: readonly Column[], name: string, begun: string): readonly string[] {
  const values = new Set<number | string>();
  for (const column of columns) {
    if (column.name !== name && !column.name.endsWith(`.${name}`)) continue;
    for (const cell of column.values) for (const item of itemsOf(cell)) values.add(item);
  }
  const wanted = begun.replace(/^"/, '').toLowerCase();
  const fitting = [...values].filter((value) => {
    const text = String(value);
    return text.length <= longestValue && text.toLowerCase().startsWith(wanted) && text !== begun;
  });
  // Of many different numbers, one types a bound.
  const isMeasured = fitting.length > 30 && fitting.every((value) => typeof value === 'number');
  return isMeasured ? [] : fitting.slice(0, mostOptions).map((value) => inQuery(String(value)));
}

/** The text with an option in it, and the place after it. */
export function completed(
  text: string,
  { from, to }: Completion,
  option: string,
): { readonly text: string; readonly place: number } {
  return { text: text.slice(0, from) + option + text.slice(to), place: from + option.length };
}
