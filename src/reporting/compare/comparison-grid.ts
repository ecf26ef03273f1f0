import type { Json } from '../../json.ts';
import { findMetric } from '../../learning/metrics/metric-catalogue.ts';
import type { ComparedNumber, Comparison } from './compare-subjects.ts';
import { mainMetrics } from './comparison-tables.ts';

/** A setting in which subjects differ: a value for each of them, null where it is not known. */
export interface SettingColumn {
  readonly name: string;
  /** Whether it is an axis of a matrix, whose value other settings may contain. */
  readonly isAxis: boolean;
  readonly values: readonly (string | number | null)[];
}

/** A main metric: a number for each subject, null where it has none, and its interval. */
export interface MetricColumn {
  readonly name: string;
  /** Absent for a number that is no known metric. */
  readonly better?: 'higher' | 'lower';
  readonly values: readonly (number | null)[];
  readonly ends: readonly (readonly [low: number, high: number] | null)[];
}

/** Subjects as rows: what differs between them, then what was measured. */
export interface ComparisonGrid {
  readonly labels: readonly string[];
  /** The run of each subject. */
  readonly runs: readonly string[];
  readonly settings: readonly SettingColumn[];
  readonly metrics: readonly MetricColumn[];
}

/** The most letters of a setting's value. */
const mostLetters = 60;

/** What a comparison of runs does not say itself. */
interface GridRuns {
  readonly runs: readonly string[];
  /** The values of the matrix by which members differ. */
  readonly axes: readonly SettingColumn[];
}

export function comparisonGrid(comparison: Comparison, { runs, axes }: GridRuns): ComparisonGrid {
  const settings = comparison.settings.filter(({ path }) => path.startsWith('settings.'));
  const metrics = mainMetrics(comparison);
  const nameOfSetting = namingIn(settings);
  const nameOfMetric = namingIn(metrics);
  const differingAxes = axes.filter(({ values }) => new Set(values).size > 1);
  const others = settings.map(({ stage, path, values }) => ({
    name: nameOfSetting(stage, path.slice('settings.'.length)),
    isAxis: false,
    values: values.map(cellOf),
  }));
  const told = others.filter((setting) => !repeatsAxes(setting, differingAxes));
  return {
    labels: comparison.subjects,
    runs,
    settings: withoutRepeats([...differingAxes, ...told]),
    metrics: metrics.map((metric) => metricColumn(nameOfMetric(metric.stage, metric.name), metric)),
  };
}

/** Names columns by their stages where these are several. */
function namingIn(columns: readonly { readonly stage: string }[]) {
  const isSeveral = new Set(columns.map(({ stage }) => stage)).size > 1;
  return (stage: string, name: string) => (isSeveral ? `${stage}.${name}` : name);
}

function metricColumn(name: string, metric: ComparedNumber): MetricColumn {
  const better = findMetric(metric.name)?.better;
  return {
    name,
    ...(better !== undefined && { better }),
    values: metric.values.map((number) => number?.value ?? null),
    ends: metric.values.map((number) => number?.interval ?? null),
  };
}

function cellOf(value: Json | undefined): string | number | null {
  if (value === undefined) return null;
  if (typeof value === 'number') return value;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > mostLetters ? `${text.slice(0, mostLetters - 1)}…` : text;
}

/**
 * Whether a text says nothing beyond the axes: it holds the value of each in every subject, as a
 * command does that gets them as arguments, and subjects that are alike by their axes have the
 * same.
 */
function repeatsAxes({ values }: SettingColumn, axes: readonly SettingColumn[]): boolean {
  if (axes.length === 0) return false;
  const known = new Map<string, unknown>();
  return values.every((value, place) => {
    const ofAxes = axes.map((axis) => axis.values[place] ?? null);
    const member = JSON.stringify(ofAxes);
    if (!known.has(member)) known.set(member, value);
    return (
      typeof value === 'string' &&
      known.get(member) === value &&
      ofAxes.every((axisValue) => axisValue !== null && value.includes(String(axisValue)))
    );
  });
}

/** The first of the settings that have the same values, such as the seed of several stages. */
function withoutRepeats(columns: readonly SettingColumn[]): readonly SettingColumn[] {
  const known = new Set<string>();
  return columns.filter(({ values }) => {
    const text = JSON.stringify(values);
    const isNew = !known.has(text);
    known.add(text);
    return isNew;
  });
}
