import { groupBy } from '../../group-by.ts';
import type { PastRun } from '../history/past-run.ts';
import { endState } from '../run-model.ts';
import { baseName } from '../stage-base-name.ts';
import type { Item, StageSettings } from './changed-settings.ts';

/**
 * A row of the runs' table: a run, or one member of its matrix, which holds the stages with the
 * same values of the axes under their names without these.
 */
export interface RunRow extends PastRun {
  /** The run itself, or the one that the member belongs to. */
  readonly run: string;
  /** Of a member: its axes as they stand in the names of its stages, `rate=0.001,seed=7`. */
  readonly member?: string;
  /** The values of the axes of its matrix: one for a member, all of them for a run. */
  readonly axes: StageSettings;
}

/** What separates the id of a run from the number of a member. */
const separator = '~';

export function asRow(run: PastRun): RunRow {
  const labels = Object.keys(run.record?.stages ?? {}).map(matrixLabel);
  return { ...run, run: run.id, axes: axesOf(new Set(labels)) };
}

/** The values of a stage's matrix as they stand in its name, `[rate=0.001,seed=7]`, or nothing. */
const matrixLabel = (stage: string): string => stage.slice(baseName(stage).length);

type AxisValue = readonly [axis: string, value: Item];

/** The values in each label that was read: all runs of a matrix have the same ones. */
const known = new Map<string, readonly AxisValue[]>();
const mostKnown = 20_000;

function axisValues(label: string): readonly AxisValue[] {
  const before = known.get(label);
  if (before !== undefined) return before;
  const values = label
    .slice(1, -1)
    .split(/,(?=[^,=]+=)/)
    .flatMap((part): readonly AxisValue[] => {
      const [, axis, text] = /^([^=]+)=(.*)$/s.exec(part) ?? [];
      if (axis === undefined) return [];
      return [[axis, text === '' || Number.isNaN(Number(text)) ? text! : Number(text)]];
    });
  if (known.size >= mostKnown) known.clear();
  known.set(label, values);
  return values;
}

function axesOf(labels: ReadonlySet<string>): StageSettings {
  const values = new Map<string, Set<Item>>();
  for (const label of labels) {
    for (const [axis, item] of axisValues(label))
      values.set(axis, (values.get(axis) ?? new Set()).add(item));
  }
  return { values, hasDefaults: true, isWhole: true };
}

/** How many members `membersOf` finds, without making them. */
export function countMembers({ record }: PastRun): number {
  const labels = new Set(Object.keys(record?.stages ?? {}).map(matrixLabel));
  labels.delete('');
  return Math.max(1, labels.size);
}

/**
 * The members of a run's matrix in the order of its record; the run itself where it has fewer than
 * two, or has not ended.
 */
export function membersOf(run: PastRun): readonly RunRow[] {
  const { id, record } = run;
  if (record === undefined) return [asRow(run)];
  const stages = Object.entries(record.stages).filter(([name]) => matrixLabel(name) !== '');
  const groups = [...groupBy(stages, ([name]) => matrixLabel(name))];
  if (groups.length < 2) return [asRow(run)];
  return groups.map(([label, entries], index) => {
    const ends = entries.map(([, end]) => end);
    const seconds = ends.reduce((sum, { seconds = 0 }) => sum + seconds, 0);
    return {
      id: `${id}${separator}${index + 1}`,
      run: id,
      member: label.slice(1, -1),
      axes: axesOf(new Set([label])),
      pipeline: run.pipeline,
      outcome: endState(ends),
      startedAt: run.startedAt,
      seconds,
      counts: {},
      record: {
        ...record,
        seconds,
        stages: Object.fromEntries(entries.map(([name, end]) => [baseName(name), end])),
      },
    };
  });
}

/** The run or member of an id; undefined if there is none. */
export function findRow(runs: readonly PastRun[], id: string): RunRow | undefined {
  const [whole = ''] = id.split(separator);
  const run = runs.find((run) => run.id === whole);
  if (run === undefined) return undefined;
  return id === whole ? asRow(run) : membersOf(run).find((member) => member.id === id);
}
