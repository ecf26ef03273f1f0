import type { JobClass, JobRequest } from '../../scheduler.ts';
import { jobName } from './job-name.ts';
import type { PlaceSpec } from './place-spec.ts';

/** How much a job asks for, whichever stages it serves. */
export interface JobSize {
  readonly root: string;
  readonly needs: JobClass;
  /** The time limit of each worker in seconds. */
  readonly seconds: number;
  readonly workers: number;
}

/** The size of a job at a place. */
export const jobSize = ({ time }: PlaceSpec, size: Omit<JobSize, 'seconds'>): JobSize => ({
  ...size,
  seconds: Math.ceil(time / 1000),
});

/** The folder of a job, as far as its scheduler hears of it. */
interface JobFolder {
  readonly id: string;
  readonly script: string;
  readonly output: string;
}

/** What a scheduler is asked for. */
export const jobRequest = (
  { id, script, output }: JobFolder,
  { root, needs, seconds, workers }: JobSize,
): JobRequest => ({ name: jobName(id), script, root, log: output, needs, seconds, workers });
