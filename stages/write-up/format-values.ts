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
/** The words that may stand after the bar of a position, besides a number of decimals. */
export const formatWords: readonly string[] = [
  'percent',
  'points',
  'count',
  ...aggregates,
  'interval',
  'bounded',
  'title',
];

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
}

/**
 * A table with only some of its columns, in their order. Throws a {@link StageError} for one that
 * does not exist.
 */
export function selectColumns({ columns, rows }: Table, shown: readonly ShownColumn[]): Table {
  const strange = shown.find(({ name }) => !columns.includes(name));
  if (strange !== undefined) throw unknown('a column', strange.name, columns);
  const positions = shown.map(({ name }) => columns.indexOf(name));
  return {
    as: 'table',
    columns: shown.map(({ title }) => title),
    rows: rows.map((fields) => positions.map((position) => fields[position]!)),
  };
}

/**
 * A table as Markdown: numbers with four decimals, or with `percent` as shares in per cent; columns
 * of numbers right-aligned.
 */
export function formatTable({ columns, rows }: Table, words: readonly string[]): string {
  const cells = rows.map((fields) =>
    fields.map((field) => formatCell(field, words.includes('percent'))),
  );
  return markdownTable(columns, cells, (column) =>
    rows.every((fields) => Number.isFinite(Number(fields[column]))),
  );
}

function formatCell(field: string, asPercent: boolean): string {
  const value = Number(field);
  if (field === '') return '–';
  const isShort = !asPercent && /^-?\d+(\.\d{1,4})?$/.test(field);
  if (!Number.isFinite(value) || Number.isInteger(value) || isShort)
    return field.replace(/^-(?=\d)/, '−');
  return asPercent ? formatShare(value) : formatMetric(value, 4);
}
