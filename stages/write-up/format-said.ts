import { tInterval } from '../../src/learning/metrics/intervals/student-t.ts';
import { err, ok, type Result } from '../../src/result.ts';
import type { Said } from './look-up.ts';

/** How numbers are written; the words after the bar of a place. */
const styles = ['percent', 'points', 'count'] as const;
/** What is made of several: the words, and what each does. */
const aggregates = ['mean', 'values', 'range'] as const;
export const formatWords: readonly string[] = [...styles, ...aggregates, 'interval', 'bounded', 'title'];

/** Of the interval of a mean over runs. */
const confidence = 0.95;

/** One or several things said, as text. The error is one sentence. */
export function formatSaid(said: readonly Said[], words: readonly string[]): Result<string, string> {
  const aggregate = aggregates.find((word) => words.includes(word));
  const write = writer(words);
  const numbers = said.flatMap(({ value }) => (typeof value === 'number' ? [value] : []));
  if (aggregate === undefined && said.length > 1) {
    return err(
      `expected one value, got ${said.length}: choose one by an axis or a column, as in input[seed=7], or say "mean", "values" or "range"`,
    );
  }
  if (numbers.length < said.length) return ok(said.map(({ value }) => String(value)).join(', '));
  const known = aggregate === 'mean' && said.length > 1 ? intervalOfMean(numbers) : said[0]!.interval;
  const ends = words.includes('bounded') ? bounded(known) : known;
  const suffix = words.includes('interval') ? intervalText(ends, write) : '';
  switch (aggregate) {
    case 'mean':
      return ok(write(tInterval(numbers, confidence).mean) + suffix);
    case 'values':
      return ok(numbers.map(write).join(', '));
    case 'range': {
      const [least, most] = [Math.min(...numbers), Math.max(...numbers)].map(write);
      return ok(least === most ? least! : `${least} to ${most}`);
    }
    default:
      return ok(write(numbers[0]!) + suffix);
  }
}

function intervalOfMean(numbers: readonly number[]): Said['interval'] {
  const { low, high } = tInterval(numbers, confidence);
  return Number.isNaN(low) ? undefined : [low, high];
}

/** Of a share, which Student's t knows nothing of: its ends are cut at 0 and 1. */
const bounded = (ends: Said['interval']): Said['interval'] =>
  ends === undefined ? undefined : [Math.max(0, ends[0]), Math.min(1, ends[1])];

const intervalText = (ends: Said['interval'], write: (value: number) => string) =>
  ends === undefined ? '' : ` (${write(ends[0])} to ${write(ends[1])})`;

/** `percent` has one decimal, or as many as a word says; others three, and whole numbers none. */
function writer(words: readonly string[]): (value: number) => string {
  const style = styles.find((word) => words.includes(word));
  const digits = words.map(Number).find((number) => Number.isInteger(number));
  const text = (value: number): string => {
    switch (style) {
      case 'percent':
        return `${(100 * value).toFixed(digits ?? 1)} %`;
      case 'points':
        return `${(100 * value).toFixed(digits ?? 1)} points`;
      case 'count':
        return Math.round(value).toLocaleString('en-US');
      case undefined:
        return plain(value, digits);
    }
  };
  return (value) => text(value).replace(/^-/, '−');
}

function plain(value: number, digits: number | undefined): string {
  if (digits !== undefined) return value.toFixed(digits);
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  return Math.abs(value) < 0.01 ? value.toPrecision(2) : value.toFixed(3);
}
