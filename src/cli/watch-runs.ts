import { setImmediate } from 'node:timers/promises';
import { globExpander } from '../engine/config/expand-glob.ts';
import { ProjectWatch } from '../project/project-watch.ts';
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
  root: string,
  run: (runs: WatchedRuns) => Promise<number>,
): Promise<number> {
  using watch = new ProjectWatch(root, await globExpander(root));
  using interrupts = new Interrupts();
  for (;;) {
    watch.begin();
    // A mistake in a file that is being edited ends no watch.
    const code = await run({ watch, interrupts }).catch(reportError);
    interrupts.cancellation.endRun();
    const { interrupted, signal } = interrupts.cancellation;
    if (interrupted || !(await nextChange(watch, signal))) return code;
  }
}

/** Whether something has changed; otherwise the user interrupted the wait. */
async function nextChange(watch: ProjectWatch, signal: AbortSignal): Promise<boolean> {
  const alive = setInterval(() => {}, 60_000); // listening to files keeps no process alive
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    process.stderr.write('Waiting for a change. Ctrl-C ends it.\n');
    watch.onChange(resolve);
  });
  clearInterval(alive);
  // A signal is heard in the next whole turn of the event loop, and a change may be known before
  // it.
  await setImmediate();
  await setImmediate();
  return !signal.aborted;
}
