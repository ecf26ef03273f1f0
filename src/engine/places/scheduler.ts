import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { UserError } from '../../user-error.ts';
import type { JobClass } from './batch-folder.ts';

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

/** The state of a job in the scheduler's words, such as PENDING and Priority. */
export interface JobState {
  readonly state: string;
  readonly reason?: string;
}

/**
 * A job as the scheduler lists it, for people. `id` names one worker: `17_3` is a task of the array
 * 17.
 */
export interface ListedJob extends JobState {
  readonly name: string;
  readonly id: string;
  readonly startsAt?: string;
}

/**
 * What Restage asks of a scheduler. The id of a job is a text of the scheduler: `17`, or `17;alpha`
 * on the cluster alpha. An id may be mistaken, so a job also has its name: nothing is done to a job
 * of another name, where that can be known.
 */
export interface Scheduler {
  /** Whether one submission can have several workers. */
  readonly hasArrays: boolean;
  /** Submits a job, and returns its id. Throws a {@link SubmitError}. */
  submit(request: JobRequest): Promise<string>;
  /**
   * Whether, and when, a job would start if it was submitted. Absent for a scheduler that cannot
   * tell.
   */
  wouldTake?(request: JobRequest): Promise<{ readonly ok: boolean; readonly said: string }>;
  /** The listed jobs with these names, by one command. An empty list proves nothing. */
  list(names: readonly string[]): Promise<readonly ListedJob[]>;
  /**
   * The states of a job's workers; empty if the scheduler knows no such job, undefined if it does
   * not answer.
   */
  inspect(id: string, name: string): Promise<ReadonlyMap<string, JobState> | undefined>;
  cancel(id: string, name: string): Promise<void>;
}

/** The job of a worker: `17` of `17_3`, `17;alpha` of `17_3;alpha`. */
export const jobOf = (worker: string): string => worker.replace(/_[^;]*/, '');

/**
 * Why a job was not submitted. `limit`: too many jobs for now; `contact`: it may have been accepted
 * all the same; `refused`: the same would be refused again; `unknown`: the scheduler's words do not
 * tell.
 */
export class SubmitError extends UserError {
  readonly why: 'limit' | 'contact' | 'refused' | 'unknown';

  constructor(why: SubmitError['why'], message: string) {
    super(message);
    this.why = why;
  }
}

/** The state of a job if the scheduler lists no job at all, which may be a fault of the list. */
export const unlisted = 'UNLISTED';

const finals: ReadonlySet<string> = new Set([
  'BOOT_FAIL',
  'CANCELLED',
  'COMPLETED',
  'DEADLINE',
  'FAILED',
  'NODE_FAIL',
  'OUT_OF_MEMORY',
  'PREEMPTED',
  'REVOKED',
  'TIMEOUT',
]);

export const isFinal = ({ state }: JobState): boolean => finals.has(state);

/** `PENDING (Priority)` */
export const describeState = ({ state, reason }: JobState): string =>
  reason === undefined ? state : `${state} (${reason})`;

/**
 * Milliseconds until a full or silent scheduler is asked again: the pause doubles from the first to
 * the last.
 */
const firstRetry = 2_000;
const longestRetry = 120_000;
/**
 * How often an error that nobody knows is believed to pass, such as one of a wrapper around the
 * command.
 */
const mostUnknown = 3;

interface Submission {
  /** Called with the id of each job that was accepted, and its workers. */
  readonly accepted: (id: string, workers: number) => void;
  /** Called once, with the reason for waiting. */
  readonly waits?: (why: string) => void;
  readonly signal?: AbortSignal;
  /** How long it tries, in milliseconds. */
  readonly patience?: number;
  /** Waits for some milliseconds, or until the signal; tests do not wait. */
  readonly pause?: (milliseconds: number, signal?: AbortSignal) => Promise<unknown>;
}

const usualPause = (milliseconds: number, signal?: AbortSignal): Promise<unknown> =>
  delay(milliseconds, undefined, { signal }).catch(() => {});

/**
 * Submits a job until it is accepted, at a limit with half the workers. Finds a job that was
 * accepted in spite of an error.
 */
export async function submitPatiently(
  scheduler: Scheduler,
  request: JobRequest,
  { accepted, waits, signal, patience = Number.POSITIVE_INFINITY, pause = usualPause }: Submission,
): Promise<void> {
  const until = performance.now() + patience;
  let { workers } = request;
  let unknown = 0;
  for (let wait = firstRetry; signal?.aborted !== true; wait = Math.min(2 * wait, longestRetry)) {
    let left = scheduler.hasArrays ? 1 : workers;
    const jobs = left;
    const each = scheduler.hasArrays ? workers : 1;
    try {
      for (; left > 0; left -= 1)
        accepted(await scheduler.submit({ ...request, workers: each }), each);
      return;
    } catch (error) {
      if (!(error instanceof SubmitError)) throw error;
      if (left < jobs) return; // the accepted ones serve all tickets
      const [job] = await scheduler.list([request.name]);
      if (job !== undefined) return accepted(jobOf(job.id), workers);
      if (error.why === 'refused' || performance.now() + wait > until) throw error;
      if (error.why === 'unknown') unknown += 1;
      if (unknown >= mostUnknown) throw new SubmitError('refused', `${error.message}, three times`);
      if (error.why === 'limit') workers = Math.max(1, Math.floor(workers / 2));
      if (wait === firstRetry) waits?.(`${error.message}; it is asked again`);
    }
    await pause(wait, signal);
  }
}

/** A command that hangs is given up after this long, in milliseconds. */
const patience = 60_000;

/**
 * Runs a command in the C locale, whose words are known. `error` is what it printed, or why it did
 * not run. Never rejects.
 */
export function runCommand(
  program: string,
  args: readonly string[],
  cwd = '/',
): Promise<{ readonly ok: boolean; readonly out: string; readonly error: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, LC_ALL: 'C' };
    const options = {
      cwd,
      env,
      timeout: patience,
      killSignal: 'SIGKILL',
      maxBuffer: 1 << 26,
    } as const;
    execFile(program, args, options, (error, out, stderr) => {
      const printed = stderr
        .trim()
        .replaceAll(/^sbatch: (error: )?/gm, '')
        .replaceAll('\n', '; ');
      const said = printed || (error?.message ?? '');
      const isMissing = error?.code === 'ENOENT';
      const why = isMissing ? `there is no command \`${program}\` on this machine` : said;
      resolve({
        ok: error === null,
        out,
        error: error?.killed === true ? `${program} did not answer` : why,
      });
    });
  });
}
