import type { Column } from './filter-query.ts';
import type { RunTable } from './run-index.ts';

/** The columns of a stage, or of the runs themselves. */
export interface ColumnGroup {
  /** The stage with its kind, such as `fit (train)`. */
  readonly title: string;
  readonly parts: readonly ColumnPart[];
}

/** The columns of one kind within a group. */
export interface ColumnPart {
  /** `settings`, `numbers`, or empty for what is of a run. */
  readonly title: string;
  readonly names: readonly string[];
}

const titles = { setting: 'settings', number: 'numbers' } as const;

/**
 * All columns by stage, those of runs first, and within a stage its settings and its numbers;
 * with `find` only those whose name has each of its words.
 */
export function groupColumns(
  { columns, kinds }: { readonly columns: readonly Column[]; readonly kinds: RunTable['kinds'] },
  find: string,
): readonly ColumnGroup[] {
  const words = find.toLowerCase().split(/\s+/).filter(Boolean);
  const groups = new Map<string, Map<string, string[]>>();
  for (const { name, of } of columns) {
    if (!words.every((word) => name.toLowerCase().includes(word))) continue;
    const stage = of === undefined ? '' : stageOf(name, kinds);
    const parts = groups.get(stage) ?? new Map<string, string[]>();
    groups.set(stage, parts);
    const title = of === undefined ? '' : titles[of];
    parts.set(title, [...(parts.get(title) ?? []), name]);
  }
  return Array.from(groups, ([stage, parts]) => ({
    title: titleOf(stage, kinds),
    parts: Array.from(parts, ([title, names]) => ({ title, names })),
  }));
}

/** The stage of a column. Names of included stages hold dots as little as others do. */
const stageOf = (name: string, kinds: RunTable['kinds']): string =>
  Object.keys(kinds).find((stage) => name.startsWith(`${stage}.`)) ?? name.split('.')[0]!;

function titleOf(stage: string, kinds: RunTable['kinds']): string {
  if (stage === '') return 'run';
  const kind = kinds[stage];
  return kind === undefined ? stage : `${stage} (${kind})`;
}

/** A list in which one item stands at another's place. */
export function moved<T>(items: readonly T[], from: number, to: number): readonly T[] {
  const item = items[from];
  if (item === undefined || from === to) return items;
  return items.toSpliced(from, 1).toSpliced(Math.max(0, to), 0, item);
}
