import { join } from 'node:path';
import { readEnd } from '../../engine/files/read-part.ts';
import { take } from '../../engine/places/detached-steps.ts';
import { jobName } from '../../engine/places/job-name.ts';
import { describeState, isFinal, type ListedJob, type Scheduler } from '../../scheduler.ts';
import type { OpenedProject } from '../opened-project.ts';
import { findJobs, type JobsUnderWay, type OpenBatch, type OpenStep } from './open-jobs.ts';

/** Jobs of one submission. */
interface SubmittedJobs {
  /** What the scheduler calls them; empty if they are not submitted. */
  readonly ids: readonly string[];
  readonly place: string;
  /** As the scheduler says it, or `ended` or `not listed`. */
  readonly state: string;
}

/** Jobs that run stages. */
export interface StageJobs extends SubmittedJobs {
  readonly type: 'stages';
  /** How many stages run. */
  readonly running: number;
  /** Stages that have not ended. */
  readonly stages: readonly string[];
  /** Nodes on which some run. */
  readonly hosts: readonly string[];
  /** Processes that wait for the jobs. */
  readonly waiters: readonly { readonly pid: number; readonly host: string }[];
}

/** Jobs that take the next step of a detached run. */
interface StepJobs extends SubmittedJobs {
  readonly type: 'step';
}

/** A step of a detached run that is over. */
interface EndedStep {
  /** Whether a job took it: else it ended before. */
  readonly isTaken: boolean;
  /** The last line that it printed; empty if it printed nothing. */
  readonly lastLine: string;
  /** Absolute path of all that it printed. */
  readonly output: string;
}

interface ListedJobs {
  readonly jobs: readonly (StageJobs | StepJobs)[];
  readonly ends: readonly EndedStep[];
  /** Forgets the steps that ended, once somebody has read of them: nobody else will take them. */
  readonly forgetEnded: () => void;
}

/** What is queued or running on the clusters of a project, and how detached steps ended. */
export async function listJobs(project: OpenedProject): Promise<ListedJobs> {
  const underWay = await findJobs(project);
  const { batches, steps, lastTaken, schedulerFor } = underWay;
  const stateOf = await schedulerStates(underWay);
  const abandoned = new Set<OpenStep>();
  for (const step of steps) if (await isOver(step, schedulerFor(step.place))) abandoned.add(step);
  const endOf = (step: OpenStep, isTaken: boolean): EndedStep => {
    const output = join(step.folder, 'output');
    return { isTaken, lastLine: readEnd(output, 4096).trim().split('\n').at(-1)!, output };
  };
  return {
    jobs: [
      ...batches.map((batch) => stageJobs(batch, stateOf)),
      ...steps.map((step): StepJobs => {
        const { jobs: ids, place, name } = step;
        return { type: 'step', ids, place, state: abandoned.has(step) ? 'ended' : stateOf(name) };
      }),
    ],
    ends: [
      ...(lastTaken === undefined ? [] : [endOf(lastTaken, true)]),
      ...Array.from(abandoned, (step) => endOf(step, false)),
    ],
    forgetEnded: () => {
      for (const { folder } of abandoned) take(folder);
    },
  };
}

/** Asks the schedulers for the states of all jobs, by their names. */
async function schedulerStates({
  batches,
  steps,
  schedulerFor,
}: JobsUnderWay): Promise<(name: string) => string> {
  const jobs = [
    ...batches.map(({ folder, batch }) => ({ place: batch.place, name: jobName(folder.id) })),
    ...steps,
  ];
  const live: ListedJob[] = [];
  const over = new Set<string>();
  for (const place of new Set(jobs.map(({ place }) => place))) {
    const names = jobs.filter((job) => job.place === place).map(({ name }) => name);
    const scheduler = schedulerFor(place);
    for (const job of (await scheduler?.list(names)) ?? []) {
      if (isFinal(scheduler!.phaseOf(job))) over.add(job.name);
      else live.push(job);
    }
  }
  return (wanted) => {
    const job = live.find(({ name }) => name === wanted);
    if (job !== undefined) return describeState(job);
    return over.has(wanted) ? 'ended' : 'not listed';
  };
}

/**
 * Whether the scheduler knows that all jobs of a step are over, so that nobody takes it any more.
 */
async function isOver(
  { jobs, name }: OpenStep,
  scheduler: Scheduler | undefined,
): Promise<boolean> {
  for (const id of jobs) {
    const states = await scheduler?.inspect(id, name);
    if (scheduler === undefined || states === undefined) return false;
    if (![...states.values()].every((job) => isFinal(scheduler.phaseOf(job)))) return false;
  }
  return jobs.length > 0;
}

function stageJobs(
  { folder, batch, open }: OpenBatch,
  stateOf: (name: string) => string,
): StageJobs {
  const claims = open.flatMap((index) => folder.claimOf(index) ?? []);
  return {
    type: 'stages',
    ids: folder.jobs().map(({ id }) => id),
    place: batch.place,
    state: stateOf(jobName(folder.id)),
    running: claims.length,
    stages: open.map((index) => batch.tickets[index]!.stage),
    hosts: [...new Set(claims.map(({ host }) => host))],
    waiters: folder.waiters(),
  };
}
