import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest } from '../../digest.ts';
import { ownVariables } from '../../environment.ts';
import { type Scheduler, SubmitError } from '../../scheduler.ts';
import { shellQuote } from '../../shell/shell-quote.ts';
import type { Place } from '../execution/execution.ts';
import { mostDecisions, OutdatedInput, StageFailure } from '../execution/stage-failures.ts';
import { readJson, writeJson } from '../files/write-atomic.ts';
import type { Workspace } from '../plan/examine.ts';
import type { NodeCommand } from './job-script.ts';
import type { PlaceSpec } from './place-spec.ts';
import { prepareJob } from './prepare-job.ts';
import { submitPatiently } from './schedulers/submit-patiently.ts';

/**
 * A step of a detached run, taken by a job after others have ended: it publishes, decides, and
 * submits the next step.
 */
export interface Step {
  /** The digest of the pipeline's YAML files, which must not change meanwhile. */
  readonly pipeline: Digest;
  /**
   * The messages of attempts that failed, by fingerprint, and of those whose inputs had changed, by
   * stage, the last one at the end.
   */
  readonly failures: Readonly<Record<string, readonly string[]>>;
  /** The place whose scheduler has its jobs. */
  readonly place: string;
  readonly jobs: readonly string[];
}

export interface StepOptions {
  readonly scheduler: Scheduler;
  /** Its pipeline declares variables that decide fingerprints, null where one is unset. */
  readonly workspace: Workspace;
  readonly command: NodeCommand & { readonly cwd: string };
  /** Jobs that must end first. */
  readonly after: readonly string[];
  readonly warn: (message: string) => void;
}

/**
 * A place whose stages no longer run once they have used up their retries and decisions, over all
 * steps of a detached run.
 */
export function limitFailures(
  place: Place,
  failures: Record<string, readonly string[]>,
  signal: AbortSignal,
): Place {
  return {
    allocate: async (stage) => {
      const allocation = await place.allocate(stage);
      return {
        run: async (attempt) => {
          const { digest } = attempt.examined;
          const before = failures[digest] ?? [];
          const outdated = failures[stage.name] ?? [];
          if (before.length > stage.retries) throw new StageFailure(before.at(-1)!);
          if (outdated.length >= mostDecisions) throw new OutdatedInput(outdated.at(-1)!);
          try {
            return await allocation.run(attempt);
          } catch (error) {
            if (error instanceof StageFailure && !signal.aborted)
              failures[digest] = [...before, error.message];
            if (error instanceof OutdatedInput) failures[stage.name] = [...outdated, error.message];
            throw error;
          }
        },
        [Symbol.dispose]: () => allocation[Symbol.dispose](),
      };
    },
    close: () => place.close(),
  };
}

/** How long a step waits for room in a full scheduler, in milliseconds. */
const patience = 600_000;

/**
 * Submits the next step twice, and returns the first id. The second job acts only if the first is
 * killed. Throws a `SubmitError`.
 */
export async function submitStep(
  step: Omit<Step, 'jobs' | 'place'>,
  place: PlaceSpec,
  { scheduler, workspace, command, after, warn }: StepOptions,
): Promise<string> {
  const { pipeline, store, env } = workspace;
  const commandFor = (folder: string): NodeCommand => ({
    ...command,
    lines: [
      ...Object.entries(pipeline.sources.env ?? {}).map(([variable, value]) =>
        value === null ? `unset ${variable}` : `export ${variable}=${shellQuote(value)}`,
      ),
      `export ${ownVariables.step}=${shellQuote(folder)}`,
      `cd ${shellQuote(command.cwd)} || exit 1`,
    ],
  });
  const name = `step-${Date.now()}-${randomBytes(3).toString('hex')}`;
  const { folder, request } = prepareJob(name, { ...place, container: [] }, commandFor, {
    cache: store.local.folder,
    root: pipeline.root,
    env,
  });
  const jobs: string[] = [];
  const write = () =>
    writeJson(join(folder.path, 'step.json'), { ...step, place: place.name, jobs } satisfies Step);
  write();
  const accepted = (id: string) => {
    jobs.push(id);
    write();
  };
  const stepRequest = { ...request, submits: true };
  await submitPatiently(scheduler, { ...stepRequest, after }, { accepted, waits: warn, patience });
  try {
    accepted(await scheduler.submit({ ...stepRequest, after: jobs }));
  } catch (error) {
    if (!(error instanceof SubmitError)) throw error; // the first job suffices
  }
  return jobs[0]!;
}

export const readStep = (folder: string): Step | undefined =>
  readJson<Step>(join(folder, 'step.json'));

/** Whether the step was taken to its end, by the first of its jobs. */
export const isTaken = (folder: string): boolean => existsSync(join(folder, 'taken'));

/** Marks a step as taken. */
export const take = (folder: string): void => writeFileSync(join(folder, 'taken'), '');
