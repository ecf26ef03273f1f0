import { take } from '../../engine/places/detached-steps.ts';
import { jobName } from '../../engine/places/job-name.ts';
import type { OpenedProject } from '../opened-project.ts';
import { findJobs } from './open-jobs.ts';

interface CancelledJobs {
  /** How many batches were cancelled. */
  readonly cancelled: number;
  /** How many stay, since a run waits for them. */
  readonly kept: number;
}

/**
 * Cancels the jobs for which no run waits. Steps of detached runs go first, so that they submit
 * nothing again. Warns of jobs whose place is unknown by now.
 */
export async function cancelJobs(project: OpenedProject): Promise<CancelledJobs> {
  const { batches, steps, schedulerFor } = await findJobs(project);
  const unawaited = batches.filter(({ folder }) => folder.waiters().length === 0);
  const cancelAll = async (place: string, ids: readonly string[], name: string) => {
    const scheduler = schedulerFor(place);
    for (const id of ids) await scheduler?.cancel(id, name);
    if (scheduler !== undefined || ids.length === 0) return;
    project.warn(
      `places.yaml has no place "${place}" any more: cancel ${ids.join(', ')} with its own scheduler`,
    );
  };
  for (const { folder, place, jobs, name } of steps) {
    take(folder);
    await cancelAll(place, jobs, name);
  }
  for (const { folder, batch, open } of unawaited) {
    for (const index of open)
      folder.end(index, { type: 'cancelled', by: 'by `restage jobs cancel`' });
    const ids = folder.jobs().map(({ id }) => id);
    await cancelAll(batch.place, ids, jobName(folder.id));
  }
  return { cancelled: unawaited.length, kept: batches.length - unawaited.length };
}
