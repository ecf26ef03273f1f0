import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Digest } from '../../digest.ts';
import { shellQuote } from '../../shell/shell-quote.ts';
import type { PlaceSpec } from '../config/places.ts';
import { readJson, writeJson } from '../files/write-atomic.ts';
import { jobScript, type NodeCommand } from './job-script.ts';
import { type JobRequest, type Scheduler, SubmitError } from './scheduler.ts';

/** One step of a detached run, which a job takes after others have ended: it publishes, decides, and submits the next. */
export interface Step {
  /** The digest of the pipeline's files, which must not change meanwhile. */
  readonly pipeline: Digest;
  /** Stages that failed before, by fingerprint, with their messages: they do not run again. */
  readonly failures: Readonly<Record<Digest, string>>;
  /** The place whose scheduler has its jobs. */
  readonly place: string;
  readonly jobs: readonly string[];
}

export interface StepOptions {
  readonly place: PlaceSpec;
  readonly scheduler: Scheduler;
  readonly cache: string;
  readonly root: string;
  /** The command of the run, in its own folder. */
  readonly command: NodeCommand & { readonly cwd: string };
  readonly environment: NodeJS.ProcessEnv;
  /** Variables that stages declare, null where one is unset: they decide fingerprints. */
  readonly declared: Readonly<Record<string, string | null>>;
  /** Jobs that must end first. */
  readonly after: readonly string[];
}

/** A scheduler that is full or silent is asked again after the first of these, then after twice as long, up to the last. */
const [firstRetry, lastRetry] = [2_000, 256_000];

/** The variable that tells a run that it is a step, and in which folder. */
export const stepVariable = 'RESTAGE_STEP';

/**
 * Submits the next step of a detached run, twice: the second job comes after the first, and does nothing unless that was
 * killed. Throws a `SubmitError`. Gives the id of the first.
 */
export async function submitStep(step: Omit<Step, 'jobs' | 'place'>, options: StepOptions): Promise<string> {
  const { place, scheduler, cache, root, command, environment, declared, after } = options;
  const name = `step-${Date.now()}-${randomBytes(3).toString('hex')}`;
  const folder = join(cache, 'jobs', name);
  const script = join(folder, 'script.sh');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const memory = place.memory.default;
  const lines = [
    ...Object.entries(declared).map(([variable, value]) =>
      value === null ? `unset ${variable}` : `export ${variable}=${shellQuote(value)}`,
    ),
    `export ${stepVariable}=${shellQuote(folder)}`,
    `cd ${shellQuote(command.cwd)} || exit 1`,
  ];
  const text = jobScript({ ...place, container: [] }, command, { root, memory, environment, lines });
  writeFileSync(script, text, { mode: 0o700 });
  const request = {
    ...{ name: `restage-${name}`, script, root, log: join(folder, 'output'), workers: 1 },
    ...{ needs: { cpu: 1, gpu: 0, memory }, seconds: Math.ceil(place.time / 1000) },
  };
  const write = (jobs: readonly string[]) =>
    writeJson(join(folder, 'step.json'), { ...step, place: place.name, jobs } satisfies Step);
  write([]);
  const first = await submit(scheduler, { ...request, after });
  write([first]);
  try {
    write([first, await scheduler.submit({ ...request, after: [first] })]);
  } catch (error) {
    if (!(error instanceof SubmitError)) throw error; // the first one goes on alone
  }
  return first;
}

/** Submits a job, again and again while the scheduler is full or silent: jobs that end make room. */
async function submit(scheduler: Scheduler, request: JobRequest): Promise<string> {
  for (let wait = firstRetry; ; wait *= 2) {
    try {
      return await scheduler.submit(request);
    } catch (error) {
      if (!(error instanceof SubmitError) || error.why === 'refused' || wait > lastRetry) throw error;
    }
    await delay(wait);
  }
}

export const readStep = (folder: string): Step | undefined => readJson<Step>(join(folder, 'step.json'));

/** Whether the step was taken to its end, by the first of its jobs. */
export const isTaken = (folder: string): boolean => existsSync(join(folder, 'taken'));

export const take = (folder: string): void => writeFileSync(join(folder, 'taken'), '');
