import type { Noted } from '../../engine/notes/note-lines.ts';
import { Notes } from '../../engine/notes/notes.ts';
import { LocalStore } from '../../engine/store/local-store.ts';
import { runChanges } from '../../reporting/history/changes-since-last-run.ts';
import { numbersOf, type PastRun, pastRuns, settingsOf } from '../../reporting/history/past-run.ts';
import { conditionName, type RunQuery, selectRuns } from '../../reporting/history/select-runs.ts';
import { fillDefaults } from '../kinds/fill-defaults.ts';
import type { OpenedProject } from '../opened-project.ts';
import { mistake } from '../pipeline-error.ts';

/** Which runs of a project are asked for, and which of their numbers. */
export interface HistoryQuery extends RunQuery {
  readonly where: readonly string[];
  /** Numbers and settings that are shown. */
  readonly show: readonly string[];
}

interface RunHistory {
  /** The newest first, or in the order that the query asks for. */
  readonly runs: readonly PastRun[];
  /** How many runs there are in all. */
  readonly total: number;
  /** The numbers that the query names. */
  readonly names: readonly string[];
  /** How a run differed from the one before of its pipeline. */
  readonly changesOf: (run: PastRun) => readonly string[];
  /** What people wrote about a run. */
  readonly notedOf: (run: PastRun) => Noted | undefined;
}

/** The runs that a query matches. Throws a `PipelineError` for an unknown name. */
export function findRuns({ root, warn }: OpenedProject, query: HistoryQuery): RunHistory {
  const name = query.pipeline?.replace(/^pipelines\//, '').replace(/\.ya?ml$/, '');
  const store = new LocalStore(root, warn);
  const all = pastRuns(store).map(
    (run): PastRun => ({ ...run, settings: settingsOf(run, query.show, store, fillDefaults) }),
  );
  const selection = selectRuns(all, { ...query, ...(name !== undefined && { pipeline: name }) });
  if (!selection.ok) throw mistake('unknown-name', selection.error.message, selection.error.hint);
  const names = new Set([...query.where.map((text) => conditionName(text)!), ...query.show]);
  if (query.sort !== undefined && query.sort !== 'duration') names.add(query.sort);
  const notes = new Notes(root, warn);
  return {
    runs: selection.value,
    total: all.length,
    names: [...names],
    notedOf: ({ id }) => notes.of({ run: id }),
    changesOf: (run) => {
      const earlier = all.slice(all.indexOf(run) + 1);
      const last = earlier.find(
        ({ pipeline, record }) => pipeline === run.pipeline && record !== undefined,
      );
      return runChanges(run, last, { store, fill: fillDefaults });
    },
  };
}

/** A run as data: its end, its stages and all of its numbers. */
export function runData(run: PastRun) {
  const { id, pipeline, outcome, startedAt, seconds, counts, record } = run;
  return {
    run: id,
    pipeline,
    outcome,
    startedAt: new Date(startedAt).toISOString(),
    seconds: seconds ?? null,
    ...(record?.gitCommit !== undefined && { gitCommit: record.gitCommit }),
    counts,
    stages: record?.stages ?? {},
    numbers: Object.fromEntries(
      numbersOf(run).map(({ stage, name, value }) => [`${stage}.${name}`, value]),
    ),
  };
}
