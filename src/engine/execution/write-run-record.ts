import type { Stage, StageName } from '../config/pipeline.ts';
import type { StageEntry, StageNumbers } from '../store/runs/run-record.ts';
import type { Execution } from './execution.ts';
import { isDone, type StageOutcome } from './stage-outcome.ts';

type NumbersOf = (stage: Stage) => StageNumbers;

/**
 * Writes the record of a run, with the numbers of each stage's metrics. `names` are its stages in
 * their order, and those that were pending at its end.
 */
export function writeRunRecord(
  run: Execution,
  names: readonly StageName[],
  outcomes: ReadonlyMap<StageName, StageOutcome>,
  numbersOf: NumbersOf,
): void {
  const { pipeline } = run.workspace;
  const stages = names.map((name) => [name, entryOf(name, outcomes.get(name)!, run, numbersOf)]);
  run.folder.writeRecord({
    pipeline: pipeline.name,
    file: pipeline.file,
    startedAt: new Date(run.startedAt).toISOString(),
    seconds: (Date.now() - run.startedAt) / 1000,
    restage: run.host.restage,
    ...(run.host.gitCommit !== undefined && { gitCommit: run.host.gitCommit }),
    stages: Object.fromEntries(stages),
  });
}

function entryOf(
  name: StageName,
  outcome: StageOutcome,
  { workspace }: Execution,
  numbersOf: NumbersOf,
): StageEntry {
  if (!isDone(outcome)) {
    const { resumes: _, hasOldCode: _h, ...entry } = outcome;
    return entry;
  }
  const result = outcome.recorded
    ? workspace.store.local.readLatest(workspace.pipeline.name, name)
    : undefined;
  return {
    outcome: outcome.outcome,
    seconds: outcome.seconds,
    ...(result !== undefined && { result }),
    ...numbersOf(workspace.graph.stage(name)),
  };
}
