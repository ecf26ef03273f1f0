import type { StageName } from '../config/pipeline.ts';
import type { Workspace } from '../plan/examine.ts';

/** A stage may take so much longer than its last result did. */
const slack = 1.5;
/** The share of a job's time that a stage of unknown duration needs. */
const unknownShare = 1 / 2;
/** With this share of its time left, a job takes any stage: no later job has much more. */
const wholeShare = 0.9;

/** Seconds that a stage's last result took; undefined without one. */
export function expectedSeconds(name: StageName, workspace: Workspace): number | undefined {
  const { store, pipeline } = workspace;
  const latest = store.local.readLatest(pipeline.name, name);
  return latest === undefined ? undefined : store.readResult(latest)?.record.seconds;
}

/** Whether a job has time for a stage that is expected to take so many seconds. */
export function hasTimeFor(
  expected: number | undefined,
  job: { readonly seconds: number; readonly secondsLeft: number },
): boolean {
  const needed = expected === undefined ? unknownShare * job.seconds : slack * expected;
  return job.secondsLeft >= Math.min(wholeShare * job.seconds, needed);
}
