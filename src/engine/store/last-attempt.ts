import type { FolderStore } from './folder-store.ts';
import type { PastAttempt, RunFolder } from './run-folder.ts';

/** The attempts, first to last, of the last run in which a stage of a pipeline ran; there is at least one. */
export interface LastAttempts {
  readonly run: RunFolder;
  readonly attempts: readonly PastAttempt[];
  readonly last: PastAttempt;
}

/** Undefined where the stage ran in none of the `runs`; by default, these are all recorded runs of the pipeline. */
export function lastAttempts(
  cache: FolderStore,
  pipeline: string,
  stage: string,
  runs: readonly RunFolder[] = runsOf(cache, pipeline),
): LastAttempts | undefined {
  for (const run of runs) {
    const attempts = run.attempts(stage);
    const last = attempts.at(-1);
    if (last !== undefined) return { run, attempts, last };
  }
  return undefined;
}

/** The runs of a pipeline, the last first, at most `count`. */
export function runsOf(cache: FolderStore, pipeline: string, count = Number.POSITIVE_INFINITY): readonly RunFolder[] {
  const found: RunFolder[] = [];
  for (const run of cache.runs()) {
    if (found.length >= count) break;
    if (run.pipeline() === pipeline) found.push(run);
  }
  return found;
}
