import { join } from 'node:path';
import { UserError } from '../../user-error.ts';
import { extensionOf } from '../config/file-names.ts';
import type { Output, Stage } from '../config/pipeline.ts';
import type { StageEvent } from '../events.ts';
import type { Examined, OutputsOf } from '../plan/examine.ts';
import type { AttemptFiles } from '../store/run-folder.ts';
import type { StageResult } from '../store/stage-result.ts';

/** One attempt to run a stage, with everything that a place needs to know of it. */
export interface Attempt extends Pick<AttemptFiles, 'work' | 'log'> {
  readonly stage: Stage;
  /** The fingerprint of the work, the signatures of the path inputs when they were hashed, and the present result. */
  readonly examined: Pick<Examined, 'fingerprint' | 'digest' | 'looked' | 'result'>;
  readonly outputsOf: OutputsOf;
  readonly number: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Absolute path of the checkpoint to resume from and to write; undefined: none. */
  readonly checkpoint: string | undefined;
  /** Whether to keep the result. A second run that only shows whether a stage repeats itself keeps none. */
  readonly keep: boolean;
  readonly emit: (event: StageEvent) => void;
}

/** What a successful attempt made. Its outputs are in the store, except those of `cache: false`, or lie in its folder. */
export interface AttemptOutcome {
  readonly result: StageResult;
  /** Absolute paths of the user's files that changed meanwhile. With any, nothing is stored or recorded. */
  readonly edited: readonly string[];
}

export interface Place {
  /** Gives a stage its seat as soon as there is room, or throws the reason of the run's signal. */
  seat(stage: Stage): Promise<Seat>;
  /** Ends what waits for further stages. Called when all stages have ended. */
  close(): Promise<void>;
}

/** Room for one stage at a place. The stage keeps it over all its attempts, until its end. */
export interface Seat extends Disposable {
  /** Brings an attempt to a result in the store. Throws a {@link StageFailure}, and any error after an interrupt. */
  run(attempt: Attempt): Promise<AttemptOutcome>;
}

export class StageFailure extends UserError {
  /** Whether somebody else killed its process, so that it may succeed when it runs again. */
  readonly killed: boolean;

  constructor(message: string, { killed = false }: { readonly killed?: boolean } = {}) {
    super(message);
    this.killed = killed;
  }
}

/** A stage has not ended in this run: its job continues, or somebody cancelled it. */
export class Unfinished extends UserError {}

/** What a stage reads changed while it waited: nothing was recorded, and it is to be decided about anew. */
export class Outdated extends UserError {}

/** The absolute private path of an output during an attempt. It keeps the extension, which programs may go by. */
export function privatePath(work: string, output: Output): string {
  return join(work, `${output.port}${extensionOf(output.path)}`);
}

// Names of folders beside the outputs: no name of a port has a dot.

/** The folder of an attempt's private view of its inputs. Outputs may be links into it until they are stored. */
export const viewFolder = (work: string): string => join(work, '.in');

export const scratchFolder = (work: string): string => join(work, '.scratch');
