import type { Stage, StageName } from '../config/pipeline.ts';
import type { Outcome } from '../events.ts';
import type { StageEntry } from '../store/run-folder.ts';
import { type Execution, isDone, type StageOutcome } from './execution.ts';

export function countOutcomes(outcomes: ReadonlyMap<StageName, StageOutcome>): Readonly<Record<Outcome, number>> {
  const counts: Record<Outcome, number> = { 'up to date': 0, restored: 0, ran: 0, failed: 0, blocked: 0, cancelled: 0 };
  for (const { outcome } of outcomes.values()) counts[outcome] += 1;
  return counts;
}

export type NumbersOf = (stage: Stage) => Pick<StageEntry, 'metrics' | 'intervals'>;

/** Writes `cache/runs/<id>/run.json`: how every stage ended, failures too, with its numbers. */
export function writeRunRecord(
  run: Execution,
  outcomes: ReadonlyMap<StageName, StageOutcome>,
  numbersOf: NumbersOf,
): void {
  const { pipeline } = run.world;
  run.folder.writeRecord({
    pipeline: pipeline.name,
    file: pipeline.file,
    startedAt: new Date(run.startedAt).toISOString(),
    seconds: (Date.now() - run.startedAt) / 1000,
    restage: run.host.restage,
    ...(run.host.gitCommit !== undefined && { gitCommit: run.host.gitCommit }),
    stages: Object.fromEntries(
      run.stages.map((stage) => [stage.name, entryOf(stage, outcomes.get(stage.name)!, run, numbersOf)]),
    ),
  });
}

function entryOf(stage: Stage, outcome: StageOutcome, { world }: Execution, numbersOf: NumbersOf): StageEntry {
  if (!isDone(outcome)) return { outcome: outcome.outcome, message: outcome.message };
  const result = outcome.recorded ? world.store.readLatest(world.pipeline.name, stage.name) : undefined;
  return {
    outcome: outcome.outcome,
    seconds: outcome.seconds,
    ...(result !== undefined && { result }),
    ...numbersOf(stage),
  };
}
