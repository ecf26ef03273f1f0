import { execFile } from 'node:child_process';
import { UserError } from '../../user-error.ts';
import type { JobClass } from '../store/batch-folder.ts';

/** A job to submit: `workers` processes that run the same script. */
export interface JobRequest {
  /** Letters, digits and `-`. The scheduler's list shows it, and jobs are found by it. */
  readonly name: string;
  /** Absolute path of a shell script. */
  readonly script: string;
  readonly root: string;
  /** The file for what the jobs print outside their stages. */
  readonly log: string;
  readonly needs: JobClass;
  readonly seconds: number;
  readonly workers: number;
  /** Jobs that must end first, however they end. */
  readonly after?: readonly string[];
}

/** A job as the scheduler lists it, for people. `id` names one worker: `17_3` is a task of the array 17. */
export interface ListedJob {
  readonly name: string;
  readonly id: string;
  /** In the scheduler's words, such as PENDING. */
  readonly state: string;
  readonly reason?: string;
  /** When it is expected to start, in the scheduler's words. */
  readonly startsAt?: string;
}

/** What a scheduler knows of a job: the state of each of its tasks that it remembers, or that there is no such job. */
export type Inspection =
  | { readonly answer: 'known'; readonly states: ReadonlyMap<string, string> }
  | { readonly answer: 'gone' }
  /** It could not be asked; this proves nothing. */
  | { readonly answer: 'none' };

/** The commands of a cluster's scheduler. */
export interface Scheduler {
  /** Whether one job can have several workers. */
  readonly hasArrays: boolean;
  /** Gives the job's id. Throws a {@link SubmitError}. */
  submit(request: JobRequest): Promise<string>;
  /** The listed jobs of these names, with one command; an empty list proves nothing. */
  list(names: readonly string[]): Promise<readonly ListedJob[]>;
  inspect(id: string): Promise<Inspection>;
  cancel(id: string): Promise<void>;
}

/** Why a job was not submitted. `limit`: too many jobs for now; `contact`: it may have been accepted nevertheless. */
export class SubmitError extends UserError {
  readonly why: 'limit' | 'contact' | 'refused';

  constructor(why: SubmitError['why'], message: string) {
    super(message);
    this.why = why;
  }
}

/** The states in which a job of Slurm is over. */
const finals: ReadonlySet<string> = new Set([
  ...['BOOT_FAIL', 'CANCELLED', 'COMPLETED', 'DEADLINE', 'FAILED'],
  ...['NODE_FAIL', 'OUT_OF_MEMORY', 'PREEMPTED', 'REVOKED', 'TIMEOUT'],
]);

export const isFinal = (state: string): boolean => finals.has(state);

/** How a command of a scheduler ended. */
export interface CommandEnd {
  readonly ok: boolean;
  readonly out: string;
  /** What it printed as an error, in one line. */
  readonly error: string;
}

/** A command that hangs is given up after this long, in milliseconds. */
const patience = 60_000;

export function runCommand(program: string, args: readonly string[], cwd = '/'): Promise<CommandEnd> {
  return new Promise((resolve) => {
    const options = { cwd, timeout: patience, killSignal: 'SIGKILL', maxBuffer: 1 << 26 } as const;
    execFile(program, args, options, (error, out, stderr) => {
      const said = stderr.trim().split('\n').join(' ') || (error?.message ?? '');
      resolve({ ok: error === null, out, error: error?.killed === true ? `${program} did not answer` : said });
    });
  });
}
