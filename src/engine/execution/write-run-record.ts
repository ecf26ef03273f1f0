import type { Stage, StageName } from '../config/pipeline.ts';
import type { Outcome } from '../events.ts';
import type { StageEntry } from '../store/run-record.ts';
import type { Execution } from './execution.ts';
import { isDone, type StageOutcome } from './stage-outcome.ts';

/** How many stages ended in which way. */
export function countOutcomes(ends: ReadonlyMap<StageName, StageOutcome>): Readonly<Record<Outcome, number>> {
  const counts: Record<Outcome, number> = { 'up to date': 0, restored: 0, ran: 0, failed: 0, blocked: 0, cancelled: 0 };
  for (const { outcome } of ends.values()) counts[outcome] += 1;
  return counts;
}

/** What is kept of a stage's metrics. */
export type NumbersOf = (stage: Stage) => Pick<StageEntry, 'metrics' | 'intervals'>;

/** Keeps how every stage ended, failures too, with its numbers, in `cache/runs/<id>/run.json`. */
export function writeRunRecord(run: Execution, ends: ReadonlyMap<StageName, StageOutcome>, numbersOf: NumbersOf): void {
  const { pipeline } = run.world;
  run.folder.writeRecord({
    pipeline: pipeline.name,
    file: pipeline.file,
    startedAt: new Date(run.startedAt).toISOString(),
    seconds: (Date.now() - run.startedAt) / 1000,
    restage: run.host.restage,
    ...(run.host.gitCommit !== undefined && { gitCommit: run.host.gitCommit }),
    stages: Object.fromEntries(
      run.stages.map((stage) => [stage.name, entryOf(stage, ends.get(stage.name)!, run, numbersOf)]),
    ),
  });
}

function entryOf(stage: Stage, end: StageOutcome, { world }: Execution, numbersOf: NumbersOf): StageEntry {
  if (!isDone(end)) return { outcome: end.outcome, message: end.message };
  const result = end.recorded ? world.cache.readLatest(world.pipeline.name, stage.name) : undefined;
  return {
    outcome: end.outcome,
    seconds: end.seconds,
    ...(result !== undefined && { result }),
    ...numbersOf(stage),
  };
}
