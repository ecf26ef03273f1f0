import type { PastRun } from '../history/past-run.ts';
import { differingWords } from './differing-words.ts';
import type { Cell } from './filter-query.ts';

/** A value of a setting; lists and records are their JSON. */
export type Item = number | string;

/**
 * The settings of a result by their path. Without its defaults it has only those that differ from
 * them.
 */
export interface ResultSettings {
  readonly values: ReadonlyMap<string, Item>;
  readonly hasDefaults: boolean;
}

/** The settings of a stage in a run: of all its instances in a matrix, each value once. */
export interface StageSettings {
  readonly values: ReadonlyMap<string, ReadonlySet<Item>>;
  readonly hasDefaults: boolean;
  /** Whether each of its instances has a result that the store knows. */
  readonly isWhole: boolean;
}

/** The settings of a stage by those of its instances, undefined for one without a result. */
export function joinSettings(instances: readonly (ResultSettings | undefined)[]): StageSettings {
  const known = instances.filter((settings) => settings !== undefined);
  const values = new Map<string, Set<Item>>();
  for (const settings of known) {
    for (const [path, value] of settings.values) {
      const items = values.get(path) ?? new Set();
      values.set(path, items.add(value));
    }
  }
  const hasDefaults = known.every((settings) => settings.hasDefaults);
  return { values, hasDefaults, isWhole: known.length === instances.length };
}

/**
 * What each run changed, as `fit.epochs 5 → 8`: against the last run of its pipeline in which the
 * stage had a result, since nothing is known of a stage that failed or did not run. Runs come
 * newest first, `stages` are theirs.
 */
export function changesOf(
  runs: readonly PastRun[],
  stages: readonly ReadonlyMap<string, StageSettings>[],
): readonly Cell[] {
  const pipelines = new Map<string, Map<string, StageSettings>>();
  const changes: Cell[] = runs.map(() => null);
  for (let row = runs.length - 1; row >= 0; row--) {
    const { pipeline, record } = runs[row]!;
    if (record === undefined) continue;
    const earlier = pipelines.get(pipeline);
    if (earlier !== undefined) {
      changes[row] = [...stages[row]!].flatMap(([stage, now]) =>
        differences(stage, earlier.get(stage), now),
      );
    }
    const latest = new Map(earlier);
    for (const [stage, now] of stages[row]!)
      if (now.isWhole || !latest.has(stage)) latest.set(stage, now);
    pipelines.set(pipeline, latest);
  }
  return changes;
}

function differences(
  stage: string,
  before: StageSettings | undefined,
  now: StageSettings,
): readonly string[] {
  if (before === undefined) return [`${stage} is new`];
  if (!before.isWhole || !now.isWhole) return [];
  const paths = new Set([...before.values.keys(), ...now.values.keys()]);
  const isKnown = (path: string) =>
    (before.hasDefaults && now.hasDefaults) || (before.values.has(path) && now.values.has(path));
  return [...paths].filter(isKnown).flatMap((path) => {
    const then = itemTexts(before.values.get(path));
    const value = itemTexts(now.values.get(path));
    return then === value ? [] : [`${stage}.${path} ${changeText(then, value)}`];
  });
}

/** More letters than this have no room in a table: only the words that differ are shown. */
const mostLetters = 24;

function changeText(then: string, now: string): string {
  const isLong = Math.max(then.length, now.length) > mostLetters;
  return (isLong ? differingWords([then, now]) : [then, now]).join(' → ');
}

/** Values, in order where they are numbers. */
export const itemTexts = (items: ReadonlySet<Item> | undefined): string =>
  items === undefined
    ? 'none'
    : [...items]
        .toSorted((a, b) => (typeof a === 'number' && typeof b === 'number' ? a - b : 0))
        .join(', ');
