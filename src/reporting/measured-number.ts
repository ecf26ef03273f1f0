import { formatEnds, formatMetric } from '../format-numbers.ts';

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

/**
 * A number of a metrics file as people read it everywhere: `0.750`, `12`; a dash where it is
 * undefined. More than three `decimals` are for numbers that would look alike.
 */
export const showNumber = (value: number | null, decimals?: number): string =>
  value === null ? '–' : formatMetric(value, decimals);

/** The ends of an interval: `0.700–0.800`. */
export const showEnds = (
  [low, high]: readonly [low: number, high: number],
  decimals?: number,
): string => formatEnds({ low, high }, (value) => showNumber(value, decimals));

/** `0.750 (0.700–0.800)`, or the number alone where it is undefined or has no interval. */
export function showMeasured(
  { value, interval }: MeasuredNumber = { value: null },
  decimals?: number,
): string {
  const text = showNumber(value, decimals);
  return value === null || interval === undefined
    ? text
    : `${text} (${showEnds(interval, decimals)})`;
}
