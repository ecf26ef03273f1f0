import { studentT } from '../../learning/metrics/intervals/student-t.ts';
import type { ComparisonGrid, MetricColumn, SettingColumn } from '../compare/comparison-grid.ts';
import type { Column } from './filter-query.ts';

/** A number of a row: that of a subject, or the mean of several with each of them. */
export interface RowNumber {
  readonly value: number;
  /** At 95 %: over other test images, or of a mean over its subjects by Student’s t. */
  readonly ends: readonly [low: number, high: number] | undefined;
  readonly each: readonly number[];
}

/** A row of a comparison: a subject, or those that differ in one setting only. */
export interface GridRow {
  readonly label: string;
  /** The places of its subjects in the grid. */
  readonly subjects: readonly number[];
  /** A number for each metric; undefined where a subject has none. */
  readonly numbers: readonly (RowNumber | undefined)[];
}

const level = 0.95;

/** The columns in which a filter of the grid finds its subjects. */
export const gridColumns = ({ labels, settings, metrics }: ComparisonGrid): readonly Column[] => [
  { name: 'name', values: labels },
  ...settings.map(({ name, values }): Column => ({ name, of: 'setting', values })),
  ...metrics.map(({ name, values }): Column => ({ name, of: 'number', values })),
];

/** Which rows a grid has. */
interface RowOptions {
  /** The name of a setting over which rows are means; empty: none. */
  readonly over: string;
  /** The places of the subjects that have rows; absent: all. */
  readonly places?: readonly number[];
}

/**
 * The rows of a grid: its subjects, or with `over`, the name of a setting such as `seed`, groups of
 * those that agree in all others. Members of one run are grouped by their axes alone, since other
 * settings may contain the value of the axis.
 */
export function gridRows(
  grid: ComparisonGrid,
  { over, places = [...grid.labels.keys()] }: RowOptions,
): readonly GridRow[] {
  const left = grid.settings.find(({ name }) => name === over);
  const others = grid.settings.filter(
    (setting) => setting !== left && (left?.isAxis !== true || setting.isAxis),
  );
  const groups = new Map<string, number[]>();
  for (const subject of places) {
    const run = left?.isAxis === true ? grid.runs[subject] : '';
    const values = others.map(({ values }) => values[subject]);
    const key = left === undefined ? String(subject) : JSON.stringify([run, ...values]);
    groups.set(key, [...(groups.get(key) ?? []), subject]);
  }
  return Array.from(groups.values(), (subjects) => ({
    label: labelOf(grid, subjects, others),
    subjects,
    numbers: grid.metrics.map((metric) => numberOf(metric, subjects)),
  }));
}

/** The settings that have one value in each row. */
export const sharedSettings = (
  { settings }: ComparisonGrid,
  rows: readonly GridRow[],
): readonly SettingColumn[] =>
  settings.filter(({ values }) =>
    rows.every(({ subjects }) => new Set(subjects.map((subject) => values[subject])).size === 1),
  );

function labelOf(
  { labels }: ComparisonGrid,
  subjects: readonly number[],
  settings: readonly SettingColumn[],
): string {
  const [first] = subjects as [number];
  if (subjects.length === 1) return labels[first]!;
  const named = settings.map(({ name, values }) => {
    return `${name.slice(name.lastIndexOf('.') + 1)} ${values[first] ?? '–'}`;
  });
  return named.length > 0 ? named.slice(0, 3).join(', ') : `all ${subjects.length}`;
}

function numberOf(
  { values, ends }: MetricColumn,
  subjects: readonly number[],
): RowNumber | undefined {
  const each = subjects.map((subject) => values[subject] ?? null);
  if (each.includes(null)) return undefined;
  const numbers = each as readonly number[];
  const [only] = subjects as [number];
  if (numbers.length === 1)
    return { value: numbers[0]!, ends: ends[only] ?? undefined, each: numbers };
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  const squares = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const error = Math.sqrt(squares / (numbers.length - 1) / numbers.length);
  const reach = error * studentT(level, numbers.length - 1);
  return { value: mean, ends: [mean - reach, mean + reach], each: numbers };
}

/** The rows by a setting or metric, `-name` the largest first; those without a value come last. */
export function sortGrid(
  rows: readonly GridRow[],
  grid: ComparisonGrid,
  by: string,
): readonly GridRow[] {
  const isDown = by.startsWith('-');
  const name = by.replace(/^-/, '');
  const metric = grid.metrics.findIndex((column) => column.name === name);
  const setting = grid.settings.find((column) => column.name === name);
  if (metric === -1 && setting === undefined) return rows;
  const cellOf = (row: GridRow) =>
    setting === undefined ? row.numbers[metric]?.value : setting.values[row.subjects[0]!];
  const order = (a: string | number, b: string | number) => {
    if (typeof a === 'number' && typeof b === 'number') return a - b;
    return String(a) < String(b) ? -1 : Number(String(a) > String(b));
  };
  return rows.toSorted((first, second) => {
    const a = cellOf(first) ?? undefined;
    const b = cellOf(second) ?? undefined;
    if (a === undefined || b === undefined)
      return Number(a === undefined) - Number(b === undefined);
    return order(a, b) * (isDown ? -1 : 1);
  });
}

/** The best value of a metric among the rows; undefined where no direction is known. */
export function bestOf(
  rows: readonly GridRow[],
  metric: number,
  better: MetricColumn['better'],
): number | undefined {
  const values = rows.flatMap(({ numbers }) => numbers[metric]?.value ?? []);
  if (better === undefined || values.length < 2) return undefined;
  return better === 'higher' ? Math.max(...values) : Math.min(...values);
}
