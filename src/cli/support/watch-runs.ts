import type { ProjectChanges } from '../../project/api.ts';
import type { OpenedProject } from '../../project/opened-project.ts';
import type { ProjectWatch } from '../../project/project-watch.ts';
import { reportError } from './command-error.ts';
import { Interrupts } from './interrupts.ts';

/** What all runs of a watch share. */
export interface WatchedRuns {
  readonly watch: ProjectWatch;
  readonly interrupts: Interrupts;
}

/**
 * Runs again whenever what was read has changed, until the user interrupts it. Returns the exit
 * code of the last run.
 */
export async function watchRuns(
  project: OpenedProject,
  run: (runs: WatchedRuns) => Promise<number>,
): Promise<number> {
  using watch = await project.watch();
  using interrupts = new Interrupts();
  for (;;) {
    watch.begin();
    // A mistake in a file that is being edited ends no watch.
    const code = await run({ watch, interrupts }).catch(reportError);
    interrupts.cancellation.endRun();
    const { interrupted, signal } = interrupts.cancellation;
    if (interrupted || !(await hasChanged(watch, signal))) return code;
  }
}

/** Waits for a change; false if the user interrupted the wait. */
async function hasChanged(watch: ProjectChanges, signal: AbortSignal): Promise<boolean> {
  process.stderr.write('Waiting for a change. Ctrl-C ends it.\n');
  try {
    await watch.changed(signal);
    return true;
  } catch (error) {
    if (!signal.aborted) throw error;
    return false;
  }
}
