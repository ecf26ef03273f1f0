import { formatLevel, withMinus } from '../../format-numbers.ts';

/** A number as a report gives it: four digits that count, whole numbers as they are; a dash for what is undefined. */
export function formatNumber(value: number | null): string {
  if (value === null || Number.isNaN(value)) return '–';
  return withMinus(digitsOf(value));
}

function digitsOf(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString('en-US');
  if (size >= 0.01) return value.toFixed(size >= 100 ? 1 : size >= 10 ? 2 : 3);
  return value.toPrecision(3);
}

/** `95 % interval`, or without the confidence where it is not known. */
export function intervalWords(confidence: number | undefined): string {
  return confidence === undefined ? 'interval' : `${formatLevel(confidence)} interval`;
}

/** `0.78–0.84`; with a minus in it, `−0.02 to 0.04`, which a dash would hide. */
export function formatInterval([low, high]: readonly [number, number]): string {
  const [from, to] = [formatNumber(low), formatNumber(high)];
  return low < 0 || high < 0 ? `${from} to ${to}` : `${from}–${to}`;
}
