import { groupBy } from '../../group-by.ts';
import type { Part } from './encoders.ts';
import { fittedLabels } from './fit-text.ts';
import { textWidth } from './fonts.ts';
import { dashes, palette, shapes } from './theme.ts';

/**
 * Colours, dashes and shapes of series by name, so that they differ in a grey print and for
 * colour-blind readers.
 */
export function seriesScales(names: readonly string[], colours: readonly string[] = palette) {
  const scale = <T>(values: readonly T[]) => ({
    domain: [...names],
    range: names.map((_, index) => values[index % values.length]!),
  });
  return {
    color: scale(colours),
    strokeDash: scale(dashes.map((dash) => [...dash])),
    shape: scale(shapes),
  };
}

/**
 * A legend below the chart, where it takes no width, as many columns as its names leave room for.
 */
export function seriesLegend(names: readonly string[], width: number): Part {
  const widest = Math.max(...names.map((name) => textWidth(name, 12))) + 60;
  return {
    orient: 'bottom',
    columns: Math.max(1, Math.floor(width / widest)),
    symbolOpacity: 1,
    symbolType: 'stroke',
    symbolSize: 600,
    titleAnchor: 'start',
    titleLimit: width,
    ...fittedLabels(names, width - 30),
  };
}

type Labels = Readonly<Record<string, string>>;

/** Items with the same labels on all axes but those of the runs. */
export interface LabelledGroup<T> {
  readonly labels: Labels;
  readonly items: readonly T[];
}

/** Groups items by all of their labels but the axes `over`, in the order of their first items. */
export function groupOver<T extends { readonly labels: Labels }>(
  items: readonly T[],
  over: readonly string[],
): readonly LabelledGroup<T>[] {
  const remainingLabels = ({ labels }: T) =>
    Object.entries(labels).filter(([axis]) => !over.includes(axis));
  const groups = groupBy(items, (item) => JSON.stringify(remainingLabels(item).sort()));
  return Array.from(groups.values(), (items) => ({
    labels: Object.fromEntries(remainingLabels(items[0]!)),
    items,
  }));
}

/** The axis of a matrix that repeats a training, by the name that all pages give it. */
export const repeatAxis = 'seed';

/**
 * Items in their order, but with the seeds of each model behind one another, also where the matrix
 * has the seed as its outer axis.
 */
export const seedsTogether = <T extends { readonly labels: Labels }>(items: readonly T[]) =>
  groupOver(items, [repeatAxis]).flatMap((group) => group.items);

/**
 * The name of a series by its labels, numbers with their axis: `my-net, seed 2`. Empty without
 * labels.
 */
export function seriesName(labels: Labels): string {
  return Object.entries(labels)
    .map(([axis, value]) => (Number.isNaN(Number(value)) ? value : `${axis} ${value}`))
    .join(', ');
}

/**
 * Names of several series by the labels in which they differ, and the labels that they share, for
 * the title.
 */
export function nameSeries(series: readonly Labels[]): {
  readonly names: readonly string[];
  readonly shared: Labels;
} {
  const isShared = ([axis, value]: readonly [string, string]) =>
    series.every((labels) => labels[axis] === value);
  const shared = Object.fromEntries(Object.entries(series[0] ?? {}).filter(isShared));
  const unsharedLabels = (labels: Labels) =>
    Object.fromEntries(Object.entries(labels).filter((label) => !isShared(label)));
  return { names: series.map((labels) => seriesName(unsharedLabels(labels))), shared };
}

/** Distinct names: equal names get a number, and `what` replaces an empty one. */
export function tellApart(names: readonly string[], what: string): readonly string[] {
  if (names.length === 1) return names;
  const full = names.map((name) => name || what);
  return full.map((name, i) => {
    if (full.indexOf(name) === full.lastIndexOf(name)) return name;
    return `${name} (${full.slice(0, i + 1).filter((earlier) => earlier === name).length})`;
  });
}
