import { formatSeconds } from '../../format-numbers.ts';
import { showNumber } from '../measured-number.ts';
import { type Column, itemsOf } from './filter-query.ts';

/** A cell of the table of runs as text, as the page has it before its script draws it. */
export function columnText({ name, values, of }: Column, row: number): string {
  const value = values[row];
  if (value == null || Number.isNaN(value)) return '';
  if (name === 'started')
    return new Date(Number(value)).toISOString().slice(0, 16).replace('T', ' ');
  if (name === 'time') return formatSeconds(Number(value));
  if (of === 'number' && itemsOf(value).length > 0) return rangeText(itemsOf(value).map(Number));
  if (typeof value === 'number') return of === 'number' ? showNumber(value) : String(value);
  return itemsOf(value).join('; ').slice(0, 80);
}

/** `0.742`, or `0.742 to 0.816` for the members of a matrix. */
function rangeText(values: readonly number[]): string {
  const ends = [Math.min(...values), Math.max(...values)].map((value) => showNumber(value));
  return [...new Set(ends)].join(' to ');
}
