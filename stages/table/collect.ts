import { groupOver } from '../../src/learning/charts/series.ts';
import { type MeanInterval, tInterval } from '../../src/learning/metrics/intervals/student-t.ts';
import type { MetricValues } from '../../src/learning/metrics/metrics-file.ts';
import { describeLabels, requireKnown } from '../../src/read-input.ts';
import { StageError } from '../../src/stage.ts';

export type Labels = Readonly<Record<string, string>>;

/** One metrics file, read. */
export interface Item {
  readonly labels: Labels;
  readonly values: MetricValues;
}

/** Which numbers are collected, and how. */
interface Collection {
  /** The columns of numbers, by their paths in the metrics. */
  readonly values: readonly string[];
  /** The axes whose values are averaged in one row. */
  readonly over: readonly string[];
  readonly confidence: number;
}

/**
 * Metrics side by side, and the settings that collected them: without axes `over`, every cell has
 * at most one point, its mean.
 */
export interface Table extends Collection {
  /** The columns of labels: axes, `stage` or `path`, without the axes that are averaged over. */
  readonly labels: readonly string[];
  /** In the order of their first items. */
  readonly rows: readonly Row[];
}

/**
 * A row for `items` metrics files, with a cell for each value; undefined where none of them has the
 * number.
 */
export interface Row {
  readonly labels: Labels;
  readonly items: number;
  readonly cells: readonly (Cell | undefined)[];
}

/** A mean with its t interval, and the numbers behind it. */
export interface Cell extends MeanInterval {
  /** The single numbers, each with its values on the averaged axes. */
  readonly points: readonly { readonly labels: Labels; readonly value: number }[];
}

/**
 * Groups the items by all labels but the averaged ones. Throws a {@link StageError} for a name that
 * no item has.
 */
export function collect(items: readonly Item[], { values, over, confidence }: Collection): Table {
  const known = items.flatMap(({ values }) => [...values.keys()]);
  requireKnown('a number of the metrics in "values"', values, known);
  requireDistinct(items);
  const labels = [...new Set(items.flatMap(({ labels }) => Object.keys(labels)))].filter(
    (axis) => !over.includes(axis),
  );
  const rows = groupOver(items, over).map(({ labels: rowLabels, items }): Row => {
    const cells = values.map((name) => cellOf(items, name, over, confidence));
    return { labels: pick(rowLabels, labels), items: items.length, cells };
  });
  return { labels, over, confidence, values, rows };
}

function cellOf(
  group: readonly Item[],
  name: string,
  over: readonly string[],
  confidence: number,
): Cell | undefined {
  const points = group.flatMap(({ labels, values }) => {
    const value = values.get(name) ?? null;
    return value === null ? [] : [{ labels: pick(labels, over), value }];
  });
  if (points.length === 0) return undefined;
  const numbers = points.map(({ value }) => value);
  return { ...tInterval(numbers, confidence), points };
}

function pick(labels: Labels, names: readonly string[]): Labels {
  return Object.fromEntries(
    names.flatMap((name) => (labels[name] === undefined ? [] : [[name, labels[name]]])),
  );
}

/** Metrics given twice would count twice and make intervals too narrow. */
function requireDistinct(items: readonly Item[]): void {
  const seen = new Set<string>();
  for (const { labels } of items) {
    const key = JSON.stringify(Object.entries(labels).sort());
    if (seen.has(key)) {
      throw new StageError(
        `Expected every metrics once, got two of ${describeLabels(labels) || 'one stage'}.`,
      );
    }
    seen.add(key);
  }
}
