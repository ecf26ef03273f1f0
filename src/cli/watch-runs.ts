import { describeError, isForUser } from '../user-error.ts';
import { MistakesError, printMistakes } from './command-error.ts';
import { exitCodes } from './exit-codes.ts';
import { ProjectWatch } from './project-watch.ts';

/** Runs again whenever what was read has changed, until the user interrupts it. The answer is the exit code of the last run. */
export async function watchRuns(root: string, run: (watch: ProjectWatch) => Promise<number>): Promise<number> {
  using watch = new ProjectWatch(root);
  for (;;) {
    watch.begin();
    const code = await run(watch).catch(failed);
    if (code === exitCodes.interrupted) return code;
    process.stderr.write('Waiting for a change. Ctrl-C ends it.\n');
    if (!(await nextChange(watch))) return code;
  }
}

/** A mistake in a file that is being edited ends no watch. */
function failed(error: unknown): number {
  if (!isForUser(error)) throw error;
  if (error instanceof MistakesError) printMistakes(error.mistakes);
  else process.stderr.write(`error: ${describeError(error)}\n`);
  return exitCodes.failed;
}

/** Whether something has changed; otherwise the user interrupted the wait. */
function nextChange(watch: ProjectWatch): Promise<boolean> {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const alive = setInterval(() => {}, 60_000); // listening to files keeps no process alive
  return new Promise<boolean>((resolve) => {
    const end = () => resolve(false);
    for (const signal of signals) process.once(signal, end);
    watch.onChange(() => {
      for (const signal of signals) process.off(signal, end);
      resolve(true);
    });
  }).finally(() => clearInterval(alive));
}
