import type { Digest } from '../../digest.ts';
import type { Stage, StageName } from '../config/pipeline.ts';
import type { RunEvent } from '../events.ts';
import type { World } from '../plan/examine.ts';
import type { Publisher } from '../publishing/publish.ts';
import type { RunFolder } from '../store/run-folder.ts';
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
  /** Whether the run reports of every program what it reads without declaring it. */
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

/** The same for every stage of a run. */
export interface HostFacts {
  /** The version of Restage. */
  readonly restage: string;
  /** Of the project, where it is a git checkout. */
  readonly gitCommit: string | undefined;
}
