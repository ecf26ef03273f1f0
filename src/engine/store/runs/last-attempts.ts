import type { PastAttempt } from './attempts.ts';
import type { RunFolder } from './run-folder.ts';

/** The attempts, first to last, of the last run in which a stage ran; there is at least one. */
export interface LastAttempts {
  readonly run: RunFolder;
  readonly attempts: readonly PastAttempt[];
  readonly last: PastAttempt;
}

/**
 * The last attempts of a stage in `runs`, of which the last comes first; undefined if it ran in
 * none.
 */
export function lastAttempts(runs: readonly RunFolder[], stage: string): LastAttempts | undefined {
  for (const run of runs) {
    const attempts = run.attempts(stage);
    const last = attempts.at(-1);
    if (last !== undefined) return { run, attempts, last };
  }
  return undefined;
}
