import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { cacheOf } from '../../engine/files/cache-paths.ts';
import { BatchFolder } from '../../engine/places/batch-folder.ts';
import { prepareJob } from '../../engine/places/prepare-job.ts';
import { UsageError } from '../../user-error.ts';
import type { OpenedProject } from '../opened-project.ts';
import { placeCalled } from './place-called.ts';

/** What a place submits for stages that ask for nothing. */
export interface ShownJob {
  /** As a shell takes it. */
  readonly command: string;
  readonly script: string;
}

/**
 * Tells what a run would submit to a place, without asking its scheduler: the job of as many stages
 * as may run at once. Throws a `PipelineError` for an unknown place, and for one that submits
 * nothing.
 */
export async function showJob({ root, env }: OpenedProject, name: string): Promise<ShownJob> {
  const place = await placeCalled(root, name);
  if (place.engine === 'ssh')
    throw new UsageError(`"${name}" has no scheduler: it runs stages over ssh`);
  const job = `show-${Date.now()}`;
  const cache = cacheOf(root);
  const worker = fileURLToPath(new URL('./job-main.js', import.meta.url));
  const commandFor = (folder: string) => ({ node: process.execPath, words: [worker, folder] });
  const { request } = prepareJob(job, place, commandFor, { cache, root, env });
  try {
    const { describe } = place.scheduler.open(env);
    if (describe === undefined)
      throw new UsageError(`The scheduler of "${name}" does not tell what it submits`);
    return {
      command: describe({ ...request, workers: place.maxJobs }),
      script: readFileSync(request.script, 'utf8'),
    };
  } finally {
    new BatchFolder(cache, job).remove();
  }
}
