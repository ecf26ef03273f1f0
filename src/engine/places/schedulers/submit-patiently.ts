import { setTimeout as delay } from 'node:timers/promises';
import { type JobRequest, jobOf, type Scheduler, SubmitError } from '../../../scheduler.ts';

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
  /** Whether an earlier process may have submitted the job, and was killed before it noted that. */
  readonly mayBeAccepted?: boolean;
  /** How long it tries, in milliseconds. */
  readonly patience?: number;
  /** Waits for some milliseconds, or until the signal; tests do not wait. */
  readonly pause?: (milliseconds: number, signal?: AbortSignal) => Promise<unknown>;
}

const usualPause = (milliseconds: number, signal?: AbortSignal): Promise<unknown> =>
  delay(milliseconds, undefined, { signal }).catch(() => {});

/** The submissions that give a job all its workers: one, or without arrays one for each. */
export const submissionsOf = (
  { hasArrays }: Scheduler,
  request: JobRequest,
): readonly JobRequest[] =>
  hasArrays
    ? [request]
    : Array.from({ length: request.workers }, () => ({ ...request, workers: 1 }));

/**
 * Submits a job until it is accepted, at a limit with half the workers. Finds a job that was
 * accepted in spite of an error.
 */
export async function submitPatiently(
  scheduler: Scheduler,
  request: JobRequest,
  {
    accepted,
    waits,
    signal,
    mayBeAccepted = false,
    patience = Number.POSITIVE_INFINITY,
    pause = usualPause,
  }: Submission,
): Promise<void> {
  const until = performance.now() + patience;
  let { workers } = request;
  const find = async (): Promise<string | undefined> => {
    const [job] = await scheduler.list([request.name]);
    return job && jobOf(job.id);
  };
  const earlier = mayBeAccepted ? await find() : undefined;
  if (earlier !== undefined) return accepted(earlier, workers);
  let unknown = 0;
  for (let wait = firstRetry; signal?.aborted !== true; wait = Math.min(2 * wait, longestRetry)) {
    let submitted = 0;
    try {
      for (const each of submissionsOf(scheduler, { ...request, workers })) {
        accepted(await scheduler.submit(each), each.workers);
        submitted += 1;
      }
      return;
    } catch (error) {
      if (!(error instanceof SubmitError)) throw error;
      if (submitted > 0) return; // the accepted ones serve all tickets
      const job = await find();
      if (job !== undefined) return accepted(job, workers);
      if (error.why === 'refused' || performance.now() + wait > until) throw error;
      if (error.why === 'unknown') unknown += 1;
      if (unknown >= mostUnknown) throw new SubmitError('refused', `${error.message}, three times`);
      if (error.why === 'limit') workers = Math.max(1, Math.floor(workers / 2));
      if (wait === firstRetry) waits?.(`${error.message}; it is asked again`);
    }
    await pause(wait, signal);
  }
}
