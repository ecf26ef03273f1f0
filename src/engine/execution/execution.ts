import type { Digest } from '../../digest.ts';
import type { Highlight } from '../../stage.ts';
import type { Stage, StageName } from '../config/pipeline.ts';
import type { RunEvent } from '../events.ts';
import type { Outputs, World } from '../plan/examine.ts';
import type { Publisher } from '../publishing/publish.ts';
import type { RunFolder } from '../store/run-folder.ts';
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
