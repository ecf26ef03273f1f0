import { toDecimals, toDigits } from '../../../format-numbers.ts';

/** The least number whose column is aligned by the decimal point. */
const leastAligned = 1e-4;
const shareDigits = 3;

/**
 * Digits after the decimal point with which the numbers of a column align: as many as all of them
 * have, at most three significant ones of the smallest. Undefined where numbers are too small.
 */
export function alignedDigits(numbers: readonly number[]): number | undefined {
  const sizes = numbers.map(Math.abs).filter((size) => !Number.isInteger(size));
  if (sizes.length === 0) return 0;
  const least = Math.min(...sizes);
  if (least < leastAligned) return undefined;
  const most = Math.max(...sizes.map((size) => (String(size).split('.')[1] ?? '').length));
  return Math.min(most, Math.max(0, 2 - Math.floor(Math.log10(least))));
}

/** Digits of measured numbers: shares have three everywhere, and more where they are needed. */
export function measuredDigits(numbers: readonly number[]): number | undefined {
  const digits = alignedDigits(numbers);
  return digits === undefined || digits === 0 ? digits : Math.max(shareDigits, digits);
}

/** A number with these digits; with three significant ones where they are undefined. */
export function numberText(value: number, digits: number | undefined): string {
  const text =
    digits === undefined ? String(Number(toDigits(value, 3))) : toDecimals(value, digits);
  return text.replace('-', '−');
}
