import { join } from 'node:path';
import type { Digest } from '../../digest.ts';
import type { Highlight } from '../../stage.ts';
import { UserError } from '../../user-error.ts';
import { extensionOf } from '../config/file-names.ts';
import type { Output, Stage, StageName } from '../config/pipeline.ts';
import type { RunEvent, StageEvent } from '../events.ts';
import type { ExaminedWork, Outputs, OutputsOf, Workspace } from '../plan/examine.ts';
import type { Publisher } from '../publishing/publish.ts';
import type { PieceScope } from '../store/piece-files.ts';
import type { AttemptPaths } from '../store/runs/attempts.ts';
import type { Outcome } from '../store/runs/outcome.ts';
import type { RunFolder } from '../store/runs/run-folder.ts';
import type { StageEntry, StageNumbers } from '../store/runs/run-record.ts';
import type { JobRecord, StageResult } from '../store/stage-result.ts';

/** A run, with everything that its parts need. */
export interface Execution {
  readonly workspace: Workspace;
  readonly publisher: Publisher;
  /** The stages to bring up to date. No stage comes before one that it waits for. */
  readonly stages: readonly Stage[];
  readonly folder: RunFolder;
  readonly place: Place;
  /** Stages to run twice, to compare their bytes. */
  readonly twice: ReadonlySet<StageName>;
  /** Whether to report what programs read without declaring it. */
  readonly checkReads: boolean;
  /** The last stage of this run that asked for the lease of each fingerprint. */
  readonly working: Map<Digest, StageName>;
  readonly host: HostFacts;
  /** Before anything was read, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** Called at every failure: with `--fail-fast` it aborts `signal`. */
  readonly onFailure: () => void;
  readonly emit: (event: RunEvent) => void;
  /**
   * Aborted by an interrupt or, with `--fail-fast`, a failure: running stages are asked to end, and
   * no other one starts.
   */
  readonly signal: AbortSignal;
}

/** What records say of the process and the machine. */
export interface HostFacts {
  readonly restage: string;
  readonly gitCommit: string | undefined;
  /** On a node of a cluster: the job, for the record. */
  readonly job?: () => JobRecord;
}

/** How a stage ended in a run, with its outputs for the stages that read it. */
export type StageOutcome =
  | DoneStage
  | {
      readonly outcome: 'failed' | 'blocked' | 'cancelled';
      readonly message: string;
      readonly resumes?: true;
      /** See {@link StageLeftToJob}. */
      readonly leftToJob?: true;
      /** See {@link OldCode}. */
      readonly hasOldCode?: true;
    };

export interface DoneStage {
  readonly outcome: 'up to date' | 'restored' | 'ran';
  readonly outputs: Outputs;
  /** The ports whose outputs are not published, since they stay elsewhere. */
  readonly away?: ReadonlySet<string>;
  readonly summaryTables: readonly Highlight[];
  /** False where an input changed meanwhile: the outputs serve this run only. */
  readonly recorded: boolean;
  readonly seconds: number;
  /** For a stage that ran twice: whether both runs gave the same bytes. */
  readonly repeats?: boolean;
}

export const isDone = (outcome: StageOutcome): outcome is DoneStage => 'outputs' in outcome;

export function countOutcomes(
  outcomes: ReadonlyMap<StageName, StageOutcome>,
): Readonly<Record<Outcome, number>> {
  const counts: Record<Outcome, number> = {
    'up to date': 0,
    restored: 0,
    ran: 0,
    failed: 0,
    blocked: 0,
    cancelled: 0,
  };
  for (const { outcome } of outcomes.values()) counts[outcome] += 1;
  return counts;
}

type NumbersOf = (stage: Stage) => StageNumbers;

/** Writes the record of a run, with the numbers of each stage's metrics. */
export function writeRunRecord(
  run: Execution,
  outcomes: ReadonlyMap<StageName, StageOutcome>,
  numbersOf: NumbersOf,
): void {
  const { pipeline } = run.workspace;
  const stages = run.stages.map((stage) => [
    stage.name,
    entryOf(stage, outcomes.get(stage.name)!, run, numbersOf),
  ]);
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
  stage: Stage,
  outcome: StageOutcome,
  { workspace }: Execution,
  numbersOf: NumbersOf,
): StageEntry {
  if (!isDone(outcome)) {
    const { resumes: _, hasOldCode: _h, ...entry } = outcome;
    return entry;
  }
  const result = outcome.recorded
    ? workspace.store.local.readLatest(workspace.pipeline.name, stage.name)
    : undefined;
  return {
    outcome: outcome.outcome,
    seconds: outcome.seconds,
    ...(result !== undefined && { result }),
    ...numbersOf(stage),
  };
}

/** A stage that runs since a moment. */
export interface StartedStage {
  readonly stage: Stage;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/** Which attempt it is, and what becomes of its work. */
export interface AttemptOptions {
  readonly number: number;
  /** Absolute path of the checkpoint to resume from and to write; undefined: none. */
  readonly checkpoint: string | undefined;
  /** The pieces that it may restore and keep; undefined: none. */
  readonly pieces: PieceScope | undefined;
  /** Whether to keep the result; not for a second run that is only compared with the first. */
  readonly keep: boolean;
}

/** An attempt to run a stage, with everything that a place needs to know. */
export interface Attempt extends StartedStage, AttemptOptions, AttemptPaths {
  readonly examined: ExaminedWork & { readonly result: StageResult | undefined };
  readonly outputsOf: OutputsOf;
  readonly emit: (event: StageEvent) => void;
}

/**
 * What a successful attempt made. Its outputs are in the store, or with `cache: false` in its
 * folder.
 */
export interface AttemptOutcome {
  readonly result: StageResult;
  /**
   * Absolute paths of the user's files that changed meanwhile. If there are any, nothing is stored
   * or recorded.
   */
  readonly edited: readonly string[];
  /**
   * The `filesSignature` of the kept files of each output from before they were hashed, by the
   * digest of the output.
   */
  readonly signatures: Readonly<Record<Digest, string>>;
  /** Whether certainly no process of the attempt lives on, which could write to its folder. */
  readonly contained: boolean;
}

/** Where stages run: this machine or a cluster. */
export interface Place {
  /**
   * Gives a stage what it needs as soon as there is room. Throws the reason of the run's signal.
   */
  allocate(stage: Stage): Promise<Allocation>;
  /** Ends processes that wait for further stages. Called when all stages have ended. */
  close(): Promise<void>;
}

/** Room for a stage at a place, for all its attempts. */
export interface Allocation extends Disposable {
  /**
   * Brings an attempt to a result in the store. Throws a {@link StageFailure}, and any error after
   * an interrupt.
   */
  run(attempt: Attempt): Promise<AttemptOutcome>;
}

/** A failed attempt. */
export class StageFailure extends UserError {
  /** Whether somebody killed its process, so that another attempt may succeed. */
  readonly killed: boolean;

  constructor(message: string, { killed = false }: { readonly killed?: boolean } = {}) {
    super(message);
    this.killed = killed;
  }
}

/** A stage has not ended in this run: it is left to a job, or somebody cancelled it. */
export class UnfinishedStage extends UserError {}

/** A job brings the stage to its end after this run. */
export class StageLeftToJob extends UnfinishedStage {}

/**
 * The code that decided about a stage changed while the stage waited: only a new process, with the
 * new code, can decide again.
 */
export class OldCode extends UnfinishedStage {}

/**
 * An input changed while the stage waited or ran: nothing was recorded, and the stage must be
 * examined again.
 */
export class OutdatedInput extends UserError {}

/** How often a stage is decided whose inputs change again and again. */
export const mostDecisions = 3;

/**
 * The absolute private path of an output during an attempt, with its extension, by which a program
 * may choose a format.
 */
export function privatePath(work: string, output: Output): string {
  return join(work, `${output.port}${extensionOf(output.path)}`);
}

// Folders beside the outputs begin with a dot, as no port does.

/**
 * The folder of an attempt's view of its inputs. Outputs may be links into it until they are
 * stored.
 */
export const viewFolder = (work: string): string => join(work, '.in');

export const scratchFolder = (work: string): string => join(work, '.scratch');
