import type { Digest } from '../../digest.ts';
import type { Highlight } from '../../stage.ts';
import type { Stage, StageName } from '../config/pipeline.ts';
import type { Outcome, RunEvent } from '../events.ts';
import type { Outputs, World } from '../plan/examine.ts';
import type { Publisher } from '../publishing/publish.ts';
import type { RunFolder, StageEntry } from '../store/run-folder.ts';
import type { StageRecord } from '../store/stage-result.ts';
import type { Place } from './place.ts';

/** One run, as everything that acts in it sees it. */
export interface Execution {
  readonly world: World;
  readonly publisher: Publisher;
  /** The stages to bring up to date. No stage comes before one that it waits for. */
  readonly stages: readonly Stage[];
  readonly folder: RunFolder;
  readonly place: Place;
  /** Stages to run twice, to see whether they give the same bytes. */
  readonly twice: ReadonlySet<StageName>;
  readonly checkReads: boolean;
  /** The last stage of this run that asked for the lease of each fingerprint. */
  readonly working: Map<Digest, StageName>;
  readonly host: HostFacts;
  /** Before anything was read, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** Called at the first failure where that stops the run: it aborts `signal`. */
  readonly onFailure: () => void;
  readonly emit: (event: RunEvent) => void;
  /** Aborted by an interrupt or a first failure: running stages are asked to end, and no other one starts. */
  readonly signal: AbortSignal;
}

export interface HostFacts {
  readonly restage: string;
  readonly gitCommit: string | undefined;
  /** On a node of a cluster, what the record tells of the job. */
  readonly job?: () => Pick<StageRecord, 'job' | 'memory'>;
}

/** How a stage ended in a run, with its outputs for the stages that read it. */
export type StageOutcome =
  | DoneStage
  | { readonly outcome: 'failed' | 'blocked' | 'cancelled'; readonly message: string; readonly resumes?: true };

export interface DoneStage {
  readonly outcome: 'up to date' | 'restored' | 'ran';
  readonly outputs: Outputs;
  /** The ports whose outputs are not published, since they stay elsewhere. */
  readonly away?: ReadonlySet<string>;
  readonly highlights: readonly Highlight[];
  /** False where an input changed meanwhile: the outputs serve this run only. */
  readonly recorded: boolean;
  readonly seconds: number;
  /** Whether both runs of a stage that ran twice gave the same bytes. */
  readonly repeats?: boolean;
}

export const isDone = (outcome: StageOutcome): outcome is DoneStage => 'outputs' in outcome;

export function countOutcomes(outcomes: ReadonlyMap<StageName, StageOutcome>): Readonly<Record<Outcome, number>> {
  const counts: Record<Outcome, number> = { 'up to date': 0, restored: 0, ran: 0, failed: 0, blocked: 0, cancelled: 0 };
  for (const { outcome } of outcomes.values()) counts[outcome] += 1;
  return counts;
}

type NumbersOf = (stage: Stage) => Pick<StageEntry, 'metrics' | 'intervals'>;

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
