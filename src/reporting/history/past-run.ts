import type { LocalStore } from '../../engine/store/local-store.ts';
import type { Outcome } from '../../engine/store/runs/outcome.ts';
import type { RunFolder } from '../../engine/store/runs/run-folder.ts';
import type { RunRecord, StageEntry } from '../../engine/store/runs/run-record.ts';
import { formatFew } from '../../format-numbers.ts';
import { groupBy } from '../../group-by.ts';
import { isJsonObject, type Json } from '../../json.ts';
import { effectiveSettings, type FillDefaults } from '../effective-settings.ts';
import { EventReader } from '../event-file.ts';
import { type MeasuredNumber, measuredNumbers } from '../measured-number.ts';
import { endState } from '../run-model.ts';
import { baseName } from '../stage-base-name.ts';
import type { RunState } from '../states.ts';

/** An earlier run as people ask for it. */
export interface PastRun extends RunProgress {
  readonly id: string;
  readonly pipeline: string;
  readonly outcome: RunState;
  readonly startedAt: number;
  readonly record?: RunRecord;
  /** Settings that are asked for, by name: `fit.epochs`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** How far a run came. */
interface RunProgress {
  readonly seconds?: number;
  readonly counts: Readonly<Partial<Record<Outcome, number>>>;
  /** Stages that are running, or were when the run was killed. */
  readonly at?: readonly string[];
}

/** All runs that did something, newest first. */
export function pastRuns(store: LocalStore): readonly PastRun[] {
  return store.runs().flatMap((run) => pastRun(run) ?? []);
}

/**
 * Undefined for a folder without a run, and for an ended run that did nothing. `events` are read
 * only where there is no record.
 */
export function pastRun(
  run: RunFolder,
  events = () => new EventReader(run.events),
): PastRun | undefined {
  const record = run.readRecord();
  const pipeline = record?.pipeline ?? run.pipeline();
  if (pipeline === undefined) return undefined;
  if (record === undefined) {
    const outcome = run.stateWithoutRecord();
    if (outcome === 'killed' && !run.ranStages()) return undefined;
    return {
      id: run.id,
      pipeline,
      outcome,
      startedAt: run.startedAt(),
      ...progressOf(events(), outcome),
    };
  }
  const ends = Object.values(record.stages);
  const counts = countOf(ends.map(({ outcome }) => outcome));
  const outcome = endState(ends);
  const startedAt = Date.parse(record.startedAt);
  return { id: run.id, pipeline, outcome, startedAt, seconds: record.seconds, counts, record };
}

/**
 * How far a run without a record came, by its events, and how long it took: up to now, or to its
 * last event.
 */
function progressOf({ model, lastTime }: EventReader, outcome: RunState): RunProgress {
  const at = model.stages.flatMap(({ name, state }) => (state === 'running' ? [name] : []));
  const ended = model.stages.flatMap(({ end }) => (end === undefined ? [] : [end.outcome]));
  return {
    at,
    counts: countOf(ended),
    ...(lastTime !== undefined && {
      seconds: ((outcome === 'running' ? Date.now() : lastTime) - model.startedAt) / 1000,
    }),
  };
}

const countOf = (outcomes: readonly Outcome[]): PastRun['counts'] =>
  Object.fromEntries(
    Array.from(
      groupBy(outcomes, (outcome) => outcome),
      ([outcome, { length }]) => [outcome, length],
    ),
  );

/** A number of a run by its whole name, `scores[seed=2].test.auc`. */
export interface RunNumber extends MeasuredNumber {
  readonly stage: string;
  readonly name: string;
}

export const recordedNumbers = ({
  metrics = {},
  intervals = {},
}: StageEntry): ReadonlyMap<string, MeasuredNumber> =>
  measuredNumbers(Object.entries(metrics), new Map(Object.entries(intervals)));

/** All numbers in a run's record. */
export function numbersOf({ record }: PastRun): readonly RunNumber[] {
  return Object.entries(record?.stages ?? {}).flatMap(([stage, entry]) =>
    Array.from(recordedNumbers(entry), ([name, number]) => ({ stage, name, ...number })),
  );
}

/**
 * The numbers that a name means: `scores.test.auc` of a stage or all its instances, or `test.auc`
 * of any stage.
 */
export function findNumbers(run: PastRun, name: string): readonly RunNumber[] {
  return numbersOf(run).filter((number) => namesOf(number).includes(name));
}

export function namesOf({ stage, name }: RunNumber): readonly string[] {
  return [...new Set([`${stage}.${name}`, `${baseName(stage)}.${name}`, name])];
}

/**
 * Settings by `fit.optimizer.learningRate`, of a stage or all its instances, defaults included
 * where they are known.
 */
export function settingsOf(
  { record }: PastRun,
  names: readonly string[],
  store: LocalStore,
  fill: FillDefaults,
): Readonly<Record<string, string>> {
  const entries = names.map((name) => {
    const values = Object.entries(record?.stages ?? {}).flatMap(([stage, { result }]) => {
      const stageName = [stage, baseName(stage)].find((candidate) =>
        name.startsWith(`${candidate}.`),
      );
      if (stageName === undefined || result === undefined) return [];
      const path = name.slice(stageName.length + 1).split('.');
      const within = (value: Json | undefined, key: string) =>
        isJsonObject(value) ? value[key] : undefined;
      const stored = store.readResult(result);
      const settings = stored && (effectiveSettings(stored, fill) ?? stored.fingerprint.settings);
      return path.reduce<Json | undefined>(within, settings) ?? [];
    });
    return [name, formatFew([...new Set(values.map((value) => JSON.stringify(value)))], 3)];
  });
  return Object.fromEntries(entries.filter(([, text]) => text !== ''));
}
