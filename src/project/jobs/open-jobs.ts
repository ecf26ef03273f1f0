import { basename } from 'node:path';
import { cacheOf } from '../../engine/files/cache-paths.ts';
import { type Batch, BatchFolder } from '../../engine/places/batch-folder.ts';
import { isTaken, readStep, type Step } from '../../engine/places/detached-steps.ts';
import { loadPlaces } from '../../engine/places/place-file.ts';
import type { Scheduler } from '../../scheduler.ts';
import { describeError } from '../../user-error.ts';
import type { OpenedProject } from '../opened-project.ts';
import { schedulersOf } from '../own-scheduler.ts';
import { orThrow } from '../pipeline-error.ts';

/** A step of a detached run that no job has taken so far. */
export interface OpenStep extends Step {
  readonly folder: string;
  /** The name of its jobs. */
  readonly name: string;
}

/** A batch with tickets that have not ended. */
export interface OpenBatch {
  readonly folder: BatchFolder;
  readonly batch: Batch;
  /** Indices of the tickets that have not ended. */
  readonly open: readonly number[];
}

/** What is under way on the clusters of a project. */
export interface JobsUnderWay {
  readonly batches: readonly OpenBatch[];
  readonly steps: readonly OpenStep[];
  /** The last step that a job took. */
  readonly lastTaken: OpenStep | undefined;
  /** The scheduler of a place; undefined where `places.yaml` has it no more. */
  readonly schedulerFor: (place: string) => Scheduler | undefined;
}

/** Finds the jobs that are under way. Throws a `PipelineError` for mistakes in `places.yaml`. */
export async function findJobs({ root, env, warn }: OpenedProject): Promise<JobsUnderWay> {
  const cache = cacheOf(root);
  const places = orThrow(await loadPlaces(root, { openForm: schedulersOf(root) }));
  const batches = openBatches(cache, warn);
  const steps = BatchFolder.steps(cache).flatMap((folder): readonly OpenStep[] => {
    const step = readStep(folder);
    return step === undefined ? [] : [{ ...step, folder, name: `restage-${basename(folder)}` }];
  });
  return {
    batches,
    steps: steps.filter(({ folder }) => !isTaken(folder)),
    lastTaken: steps.findLast(({ folder }) => isTaken(folder)),
    schedulerFor: (place) => {
      const spec = places.byName.get(place);
      return spec === undefined || spec.engine === 'ssh' ? undefined : spec.scheduler.open(env);
    },
  };
}

function openBatches(cache: string, warn: (message: string) => void): readonly OpenBatch[] {
  return BatchFolder.all(cache).flatMap((folder) => {
    const batch = folder.batch();
    if (batch === undefined) return [];
    try {
      folder.checkOwner();
    } catch (error) {
      warn(describeError(error));
      return [];
    }
    const ended = folder.ended();
    const open = [...batch.tickets.keys()].filter((index) => !ended.has(index));
    return open.length === 0 ? [] : [{ folder, batch, open }];
  });
}
