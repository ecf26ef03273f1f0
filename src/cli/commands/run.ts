import { DetachedStep } from '../../project/detached-step.ts';
import { findTarget } from '../../project/find-target.ts';
import type { ExecutionOptions } from '../../project/make-execution.ts';
import { openTarget } from '../../project/open-target.ts';
import type { OpenedProject } from '../../project/opened-project.ts';
import { openReporter } from '../../reporting/terminal/select-reporter.ts';
import { isForUser, UsageError } from '../../user-error.ts';
import { commandName, program } from '../support/command-name.ts';
import { exitCodes } from '../support/exit-codes.ts';
import { Interrupts } from '../support/interrupts.ts';
import { openHere } from '../support/open-here.ts';
import { rerunCommand } from '../support/rerun-command.ts';
import { type WatchedRuns, watchRuns } from '../support/watch-runs.ts';
import { type PlanOptions, planCommand } from './plan.ts';

interface RunOptions extends PlanOptions, ExecutionOptions {
  readonly backend: string;
  readonly reporter: 'auto' | 'live' | 'plain' | 'json';
  readonly quiet?: boolean;
  readonly dryRun?: boolean;
  readonly watch?: boolean;
  readonly interrupt?: boolean;
  readonly serve?: boolean;
}

/** What somebody typed: the command by its words. */
interface TypedRun {
  /** All words with their options, for remembering that the command had nothing to do. */
  readonly argv: readonly string[];
  readonly words: readonly string[];
  readonly options: RunOptions;
}

/** `restage run`; `argv` names the command. */
export function runCommand(argv: readonly string[]) {
  return async (words: readonly string[], options: RunOptions): Promise<number> => {
    if (options.dryRun === true) return await planCommand(words, options);
    const { watch = false, interrupt = false, serve = false, detach = false } = options;
    if (!watch && (interrupt || serve))
      throw new UsageError('--interrupt and --serve go with --watch');
    if (watch && detach)
      throw new UsageError('--watch does not go with --detach: jobs run what was submitted');
    const typed = { argv, words, options };
    if (!watch) return await runOnce(typed);
    const project = openHere();
    // A pipeline that is not there at the start is a slip, not one to wait for.
    findTarget({ words, ...options }, project);
    const server = serve
      ? await (await import('./serve.ts')).openServer(project, { port: 0 })
      : undefined;
    try {
      return await watchRuns(project, (watched) => runOnce(typed, project, watched));
    } finally {
      await server?.close();
    }
  };
}

async function runOnce(
  { argv, words, options }: TypedRun,
  watchedProject?: OpenedProject,
  watched?: WatchedRuns,
): Promise<number> {
  const startedAt = Date.now();
  const step = DetachedStep.takeFrom(process.env);
  if (step?.isTaken) return exitCodes.ok;
  const { detach = false } = options;
  if (detach && (options.force ?? options.twice) !== undefined) {
    throw new UsageError(
      '--detach does not go with --force or --twice: each of its steps is a run of its own',
    );
  }
  const open = async () => {
    const project = watchedProject ?? openHere();
    const { pipeline, target, chosen } = await openTarget(project, { words, ...options });
    await step?.refuseOther(pipeline.checked.pipeline.sources.files);
    const prepared = await pipeline.prepare({ ...options, ...chosen });
    return { pipeline, target, chosen, prepared };
  };
  const { pipeline, target, chosen, prepared } = await open().catch((error) => {
    if (isForUser(error)) step?.take(); // its second job would find the same
    throw error;
  });
  const { forced } = prepared.selection;
  const chosenStyle = options.quiet === true ? 'quiet' : options.reporter;
  const style = step !== undefined ? 'plain' : chosenStyle;
  const reporter = openReporter(style, process.stdout, process.env);
  using interrupts = watched === undefined ? new Interrupts() : undefined;
  const { cancellation } = interrupts ?? watched!.interrupts;
  if (cancellation.interrupted) return exitCodes.interrupted; // while the project was read again
  if (options.interrupt === true) watched?.watch.onChange(() => cancellation.stop());
  // A program that reads events expects them all; a forced run is no proof that nothing is to be
  // done.
  const memorable =
    options.reporter !== 'json' &&
    forced.size === 0 &&
    options.rehash !== true &&
    options.checkReads !== true &&
    watched === undefined;
  process.exitCode = exitCodes.failed; // holds if the process ends before the run does
  try {
    const run = pipeline.start(Promise.resolve(prepared), {
      ...options,
      ...chosen,
      cancellation,
      startedAt,
      step: step?.folder,
      command: { name: commandName, script: program, argv, cwd: process.cwd() },
      remembers: memorable ? target : undefined,
      // What was forced would run once more; a detached run has further steps, and a watched one
      // sees the change itself.
      isRepeatable: forced.size === 0 && !detach && watched === undefined,
    });
    for await (const event of run) reporter.event(event);
    const { ok, interrupted, beginsAnew } = await run.result;
    // Without this, the second job of the step would go on.
    if (!interrupted) step?.take();
    if (interrupted) return exitCodes.interrupted;
    if (!beginsAnew) return ok ? exitCodes.ok : exitCodes.failed;
  } finally {
    reporter.close();
  }
  return await rerunCommand(argv, cancellation.signal);
}
