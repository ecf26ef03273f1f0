import type { Stage, StageName } from '../config/pipeline.ts';
import type { RunEvent } from '../events.ts';
import type { World } from '../plan/examine.ts';
import type { Lender } from '../publishing/lender.ts';
import type { Publisher } from '../publishing/publish.ts';
import type { RunFolder } from '../store/run-folder.ts';
import type { Admission } from './admission.ts';
import type { HostFacts } from './make-record.ts';
import type { StartStage } from './stage-process.ts';

/** One run, as everything that acts in it sees it. */
export interface Execution {
  readonly world: World;
  readonly publisher: Publisher;
  readonly lender: Lender;
  /** What to bring, in an order in which no stage stands before one that it waits for. */
  readonly stages: readonly Stage[];
  readonly folder: RunFolder;
  readonly admission: Admission;
  readonly start: StartStage;
  /** Stages to run twice, to see whether they give the same bytes. */
  readonly twice: ReadonlySet<StageName>;
  /** Whether to say of every program that a stage starts what it reads without declaring it. */
  readonly checkReads: boolean;
  /** Built files of the project's own kinds, by kind. */
  readonly modules: ReadonlyMap<string, string>;
  readonly host: HostFacts;
  /** Before anything was read, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** Called at the first failure where that stops the run: it aborts `signal`. */
  readonly onFailure: () => void;
  readonly emit: (event: RunEvent) => void;
  /** Aborted by an interrupt or a first failure: children are asked to end, nothing new begins. */
  readonly signal: AbortSignal;
  /** Aborted by a second interrupt: children end at once. */
  readonly kill: AbortSignal;
}
