import type { Environment } from '../../environment.ts';
import { groupBy } from '../../group-by.ts';
import { type JobRequest, type Scheduler, SubmitError } from '../../scheduler.ts';
import type { Stage, StageName } from '../config/pipeline.ts';
import type { LocalStore } from '../store/local-store.ts';
import { BatchFolder } from './batch-folder.ts';
import { jobRequest, jobSize } from './job-request.ts';
import { jobScript, type NodeCommand } from './job-script.ts';
import type { PlaceSpec } from './place-spec.ts';
import { submissionsOf } from './schedulers/submit-patiently.ts';
import { workersFor } from './submitter.ts';
import { needsOf, rememberedMemory } from './ticket.ts';

/** Stands for the id of a batch, which only a run knows. */
const anyBatch = 'BATCH';

/** A stage that a run would submit, and the unfinished stages that it waits for. */
export interface SubmittedStage {
  readonly stage: Stage;
  readonly place: PlaceSpec;
  readonly waitsFor: readonly StageName[];
}

/** What a run would submit for stages that ask one place for the same. */
export interface PlannedSubmission {
  readonly place: string;
  /** The stages of each batch. Those of one become ready together. */
  readonly batches: readonly (readonly StageName[])[];
  /** How many jobs a batch has: several where the scheduler has no arrays. */
  readonly jobs: number;
  readonly request: JobRequest;
  /**
   * The command of one job, as a shell takes it, or why the scheduler would refuse it; undefined
   * for a scheduler that shows none.
   */
  readonly command: string | { readonly refused: string } | undefined;
  readonly script: string;
}

/** What decides how stages are submitted, besides them and their places. */
export interface SubmissionFacts {
  readonly root: string;
  readonly env: Environment;
  readonly pipeline: string;
  readonly store: LocalStore;
  readonly commandFor: (folder: string) => NodeCommand;
}

/**
 * What a run would submit, built by what builds it in the run, for stages in their order. Nothing
 * is written, and no scheduler is asked. Stages that wait for the same others become ready
 * together. No other jobs count: each place has room for `maxJobs` workers.
 */
export function plannedSubmissions(
  stages: readonly SubmittedStage[],
  facts: SubmissionFacts,
): readonly PlannedSubmission[] {
  const asking = stages.map(({ stage, place, waitsFor }) => {
    const memory = rememberedMemory(facts.store, facts.pipeline, stage.name);
    const needs = needsOf(stage, place, memory);
    return { name: stage.name, place, needs, waitsFor };
  });
  const gatherings = groupBy(asking, ({ place, needs, waitsFor }) =>
    JSON.stringify([place.name, needs, waitsFor.toSorted()]),
  );
  const batches = Array.from(gatherings.values(), (gathered) => {
    const { place, needs } = gathered[0]!;
    const workers = workersFor(gathered.length, place.maxJobs);
    return { place, needs, workers, stages: gathered.map(({ name }) => name) };
  });
  const alike = groupBy(batches, ({ place, needs, workers }) =>
    JSON.stringify([place.name, needs, workers]),
  );
  return Array.from(alike.values(), (group) => {
    const { place, needs, workers } = group[0]!;
    const { root, env, store, commandFor } = facts;
    const folder = new BatchFolder(store.folder, anyBatch);
    const scheduler = place.scheduler.open(env);
    const whole = jobRequest(folder, jobSize(place, { root, needs, workers }));
    const submissions = submissionsOf(scheduler, whole);
    const request = submissions[0]!;
    return {
      place: place.name,
      batches: group.map(({ stages }) => stages),
      jobs: submissions.length,
      request,
      command: commandOf(scheduler, request),
      script: jobScript(place, commandFor(folder.path), { root, memory: needs.memory, env }),
    };
  });
}

function commandOf(scheduler: Scheduler, request: JobRequest): PlannedSubmission['command'] {
  try {
    return scheduler.describe?.(request);
  } catch (error) {
    if (!(error instanceof SubmitError)) throw error;
    return { refused: error.message };
  }
}
