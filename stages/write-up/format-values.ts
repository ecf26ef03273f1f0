import {
  formatCount,
  formatDecimal,
  formatMetric,
  formatShare,
  withMinus,
} from '../../src/format-numbers.ts';
import { tInterval } from '../../src/learning/metrics/intervals/student-t.ts';
import { markdownTable } from '../../src/markdown-table.ts';
import { StageError } from '../../src/stage.ts';
import { type Artifact, unknown, type Value } from './read-artifact.ts';

/** What is made of several values. */
const aggregates = ['mean', 'values', 'range'] as const;
/** The words for a number, besides a number of decimals. */
const numberWords: readonly string[] = ['percent', 'points', 'count'];
/** The words that may stand after the bar of a position, besides a number of decimals. */
const formatWords: readonly string[] = [
  ...numberWords,
  ...aggregates,
  'interval',
  'bounded',
  'title',
];

/** Throws a {@link StageError} of one sentence for a word that is none. */
export function checkFormat(words: readonly string[], known = formatWords): void {
  const strange = words.find((word) => !known.includes(word) && !/^\d$/.test(word));
  if (strange !== undefined)
    throw new StageError(
      `expected ${known.join(', ')} or a number of decimals after the bar, got "${strange}"`,
    );
}

/** The confidence of the interval of a mean over runs. */
const confidence = 0.95;

/**
 * One or several values as text. Throws a {@link StageError} of one sentence for several without a
 * word that joins them.
 */
export function formatValues(values: readonly Value[], words: readonly string[]): string {
  const aggregate = aggregates.find((word) => words.includes(word));
  if (aggregate === undefined && values.length > 1) {
    throw new StageError(
      `expected one value, got ${values.length}: choose one by an axis or a column, as in input[seed=7], or say "mean", "values" or "range"`,
    );
  }
  const numbers = values.flatMap(({ value }) => (typeof value === 'number' ? [value] : []));
  if (numbers.length < values.length) {
    const texts = values.map(({ value }) =>
      typeof value === 'number' ? formatNumber(value, words) : value,
    );
    return (new Set(texts).size === 1 ? texts.slice(0, 1) : texts).join(', ');
  }
  const write = (value: number) => formatNumber(value, words);
  switch (aggregate) {
    case 'values':
      return numbers.map(write).join(', ');
    case 'range':
      return [
        ...new Set([Math.min, Math.max].map((end) => write(numbers.reduce((a, b) => end(a, b))))),
      ].join(' to ');
    default: {
      const { mean, low, high } = tInterval(numbers, confidence);
      const ofMean = Number.isNaN(low) ? undefined : ([low, high] as const);
      const interval = numbers.length > 1 ? ofMean : values[0]!.interval;
      const ends = words.includes('interval')
        ? interval?.map((end, i) => cut(end, i, words))
        : undefined;
      const isHidden =
        ends === undefined || (words.includes('bounded') && ends[1]! - ends[0]! > widest);
      return isHidden ? write(mean) : `${write(mean)} (${ends.map(write).join(' to ')})`;
    }
  }
}

/**
 * The widest interval of a share that says anything: `bounded` leaves out a wider one, beside which
 * the values stand.
 */
const widest = 0.5;

/** An end of the interval of a share, which Student's t does not know to lie between 0 and 1. */
function cut(end: number, i: number, words: readonly string[]): number {
  if (!words.includes('bounded')) return end;
  return i === 0 ? Math.max(0, end) : Math.min(1, end);
}

/** `percent` has one decimal, or as many as a word says; other numbers three, whole ones none. */
function formatNumber(value: number, words: readonly string[]): string {
  const digits = words.map(Number).find((number) => Number.isInteger(number));
  if (words.includes('percent')) return formatShare(value, digits);
  if (words.includes('points')) return `${formatDecimal(100 * value, digits ?? 1)} points`;
  if (words.includes('count')) return withMinus(formatCount(Math.round(value)));
  return digits === undefined ? formatMetric(value) : formatDecimal(value, digits);
}

type Table = Artifact & { as: 'table' };

/** A column of a table as a text shows it. */
export interface ShownColumn {
  readonly name: string;
  readonly title: string;
  /** Words for its numbers; empty: those of the whole table. */
  readonly format: readonly string[];
}

/**
 * A table as Markdown, or some of its columns in their order. The words of the whole table are for
 * columns with fractions: counts stay counts. Numbers without words have at most four decimals.
 * Columns of numbers are right-aligned. Throws a {@link StageError} for a column that does not
 * exist, and for a word that is not about numbers.
 */
export function formatTable(
  { columns, rows }: Table,
  words: readonly string[],
  shown: readonly ShownColumn[] = columns.map((name) => ({ name, title: name, format: [] })),
): string {
  const strange = shown.find(({ name }) => !columns.includes(name));
  if (strange !== undefined) throw unknown('a column', strange.name, columns);
  checkFormat([...words, ...shown.flatMap(({ format }) => format)], numberWords);
  const fieldsOf = ({ name }: ShownColumn) => rows.map((row) => row[columns.indexOf(name)]!);
  const texts = shown.map((column) => {
    const fields = fieldsOf(column);
    const ofTable = fields.some(isFraction) ? words : [];
    const format = column.format.length > 0 ? column.format : ofTable;
    return fields.map((field) => formatCell(field, format));
  });
  return markdownTable(
    shown.map(({ title }) => title),
    rows.map((_, row) => texts.map((column) => column[row]!)),
    (column) => fieldsOf(shown[column]!).every((field) => Number.isFinite(Number(field))),
  );
}

const isFraction = (field: string): boolean =>
  Number.isFinite(Number(field)) && !Number.isInteger(Number(field));

function formatCell(field: string, words: readonly string[]): string {
  const value = Number(field);
  if (field === '') return '–';
  if (words.length > 0 && Number.isFinite(value)) return formatNumber(value, words);
  const isShort = !isFraction(field) || /^-?\d+(\.\d{1,4})?$/.test(field);
  return isShort ? field.replace(/^-(?=\d)/, '−') : formatMetric(value, 4);
}
