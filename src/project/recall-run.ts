import {
  findPipelineFile,
  findRoot,
  onlyPipelineFile,
} from '../engine/config/loading/find-pipeline.ts';
import { cacheOf, inCache } from '../engine/files/cache-paths.ts';
import { namesIn } from '../engine/files/entries-in.ts';
import { memoryFile, recall } from '../engine/store/runs/run-memory.ts';
import type { Environment } from '../environment.ts';

/** A run that would leave nothing to do, known without reading its pipeline. */
export interface RecalledRun {
  /** The project's folder. */
  readonly root: string;
  readonly pipeline: string;
  /** How many stages are up to date. */
  readonly stages: number;
  /**
   * Their names in their order; absent where a plan says more of them than that they are up to
   * date.
   */
  readonly names?: readonly string[];
  /** Whether there may be something that killed runs left. */
  readonly hasLeftovers: boolean;
}

/**
 * The common case, before anything heavy is loaded: `restage run` with the same words as last time
 * in the same folder, and nothing has changed. Undefined in any other.
 */
export async function recallRun(
  folder: string,
  words: readonly string[],
  env: Environment,
): Promise<RecalledRun | undefined> {
  const root = findRoot(folder);
  if (root === undefined) return undefined;
  const file = memoryFile(root, folder, ['run', ...words]);
  const memory = await recall(file, { root, env }, (word) => {
    if (word === undefined) return onlyPipelineFile(root);
    const pipelineFile = findPipelineFile(word, folder, root);
    return pipelineFile.ok ? pipelineFile.value : undefined;
  });
  if (memory === undefined) return undefined;
  const { pipeline, stages, names } = memory;
  return {
    root,
    pipeline,
    stages,
    ...(names !== undefined && { names }),
    hasLeftovers: namesIn(inCache(cacheOf(root), 'work')).length > 0,
  };
}

/** Removes what killed runs left. It loads more than an answer from memory takes. */
export async function clearLeftovers(root: string): Promise<void> {
  await (await import('../engine/publishing/leftovers.ts')).clearAfterKilledRuns(root);
}
