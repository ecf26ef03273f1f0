import { withMinus } from '../format-numbers.ts';

/** A number of a metrics file, null where it is undefined, and its interval if it has one. */
export interface MeasuredNumber {
  readonly value: number | null;
  readonly interval?: readonly [low: number, high: number];
}

/** The numbers of a metrics file by name, each with its interval. */
export const measuredNumbers = (
  values: Iterable<readonly [name: string, value: number | null]>,
  intervals: ReadonlyMap<string, readonly [low: number, high: number]>,
): ReadonlyMap<string, MeasuredNumber> =>
  new Map(
    Array.from(values, ([name, value]) => {
      const interval = intervals.get(name);
      return [name, { value, ...(interval !== undefined && { interval }) }];
    }),
  );

/** `0.7500`, `12`; a dash where it is undefined. */
export function showNumber(value: number | null): string {
  if (value === null) return '–';
  return withMinus(Number.isInteger(value) ? String(value) : value.toFixed(4));
}

/** `0.7500 (0.7000–0.8000)`, or the number alone where it is undefined or has no interval. */
export function showMeasured({ value, interval }: MeasuredNumber = { value: null }): string {
  const hasEnds = value !== null && interval !== undefined;
  return hasEnds
    ? `${showNumber(value)} (${interval.map(showNumber).join('–')})`
    : showNumber(value);
}
