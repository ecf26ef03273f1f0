import type { Digest } from '../../digest.ts';
import type { Stage, StageName } from '../config/pipeline.ts';
import type { RunEvent, StageEvent } from '../events.ts';
import type { ExaminedWork, OutputsOf, Workspace } from '../plan/examine.ts';
import type { Publisher } from '../publishing/publish.ts';
import type { PieceScope } from '../store/piece-files.ts';
import type { AttemptPaths } from '../store/runs/attempts.ts';
import type { RunFolder } from '../store/runs/run-folder.ts';
import type { StageNumbers } from '../store/runs/run-record.ts';
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
  /** The numbers in the published metrics of a stage, for the ledger. */
  readonly numbersOf: (stage: Stage) => StageNumbers;
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
  /** The pipeline as far as it is known when the attempt begins. */
  readonly workspace: Workspace;
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
  /** Ends processes that wait for further stages. Called once, when the run has no further one. */
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
