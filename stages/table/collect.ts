import { type MeanInterval, tInterval } from '../../src/learning/metrics/intervals/student-t.ts';
import type { MetricValues } from '../../src/learning/metrics/metrics-file.ts';
import { StageError } from '../../src/stage.ts';
import { thereAre } from '../../src/suggest.ts';

export type Labels = Readonly<Record<string, string>>;

/** Metrics with the axis values that tell them from others. */
export interface Item {
  readonly labels: Labels;
  readonly values: MetricValues;
}

/** Metrics side by side. */
export interface Table {
  /** What tells rows apart: axes, or `stage`, or `path`; those that are averaged over left out. */
  readonly labels: readonly string[];
  /** The axes that are averaged over; where there are none, every cell has at most one point, its mean. */
  readonly over: readonly string[];
  /** Of the intervals. */
  readonly confidence: number;
  /** The numbers collected, by name. */
  readonly values: readonly string[];
  /** In the order in which their first items came. */
  readonly rows: readonly Row[];
}

export interface Row {
  readonly labels: Labels;
  /** Metrics that it is made of. */
  readonly items: number;
  /** One for each value; absent where no item has a number. */
  readonly cells: readonly (Cell | undefined)[];
}

export interface Cell extends MeanInterval {
  /** The single numbers, each with its values of the axes averaged over. */
  readonly points: readonly { readonly labels: Labels; readonly value: number }[];
}

/** What of the settings decides the table. */
export interface TableOptions {
  readonly values: readonly string[];
  readonly over: readonly string[];
  readonly confidence: number;
}

/** Groups the items by all of their labels but those averaged over. Throws a {@link StageError} for a name that none has. */
export function collect(items: readonly Item[], { values, over, confidence }: TableOptions): Table {
  const axes = [...new Set(items.flatMap(({ labels }) => Object.keys(labels)))];
  requireKnown(values, new Set(items.flatMap(({ values }) => [...values.keys()])));
  requireApart(items);
  const labels = axes.filter((axis) => !over.includes(axis));
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = JSON.stringify(pick(item.labels, labels));
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  const rows = Array.from(groups.values(), (group): Row => {
    const cells = values.map((name) => cellOf(group, name, over, confidence));
    return { labels: pick(group[0]!.labels, labels), items: group.length, cells };
  });
  return { labels, over, confidence, values, rows };
}

function cellOf(group: readonly Item[], name: string, over: readonly string[], confidence: number): Cell | undefined {
  const points = group.flatMap(({ labels, values }) => {
    const value = values.get(name) ?? null;
    return value === null ? [] : [{ labels: pick(labels, over), value }];
  });
  if (points.length === 0) return undefined;
  const numbers = points.map(({ value }) => value);
  return { ...tInterval(numbers, confidence), points };
}

function pick(labels: Labels, names: readonly string[]): Labels {
  return Object.fromEntries(names.flatMap((name) => (labels[name] === undefined ? [] : [[name, labels[name]]])));
}

/** Every name has its item: one that has none is a slip. */
function requireKnown(names: readonly string[], known: ReadonlySet<string>): void {
  const unknown = names.find((name) => !known.has(name));
  if (unknown === undefined) return;
  throw new StageError(`Expected a number of the metrics in "values", got "${unknown}". ${thereAre(unknown, known)}`);
}

/** The same metrics twice would count twice, and make an interval too narrow. */
function requireApart(items: readonly Item[]): void {
  const seen = new Set<string>();
  for (const { labels } of items) {
    const key = JSON.stringify(Object.entries(labels).sort());
    if (seen.has(key)) {
      throw new StageError(`Expected every metrics once, got two of ${describeLabels(labels) || 'one stage'}.`);
    }
    seen.add(key);
  }
}

/** `net=my-net, seed=2`. */
export function describeLabels(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
}
