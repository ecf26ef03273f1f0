/**
 * The name of a job in the scheduler's list, by which it is found again: of the jobs of a batch, or
 * of one that has a folder of its own in `cache/jobs/`.
 */
export const jobName = (id: string): string => `restage-${id}`;
