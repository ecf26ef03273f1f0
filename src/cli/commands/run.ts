import type { PipelineSources } from '../../engine/config/pipeline.ts';
import { whyNoTracing } from '../../engine/execution/trace-reads.ts';
import { isTaken, readStep, stepVariable, take } from '../../engine/places/advance.ts';
import { waitFor } from '../../engine/places/wait-for.ts';
import { forgetAll, memoryFile } from '../../engine/store/run-memory.ts';
import { bringStages } from '../../project/bring-stages.ts';
import { checkClaims } from '../../project/check-claims.ts';
import { findTarget } from '../../project/find-target.ts';
import { type ExecutionOptions, makeExecution } from '../../project/make-execution.ts';
import { digestOfFiles } from '../../project/make-place.ts';
import { openPlaces, openProject, projectRoot } from '../../project/open-project.ts';
import { EventFile } from '../../reporting/event-file.ts';
import { ReportWriter } from '../../reporting/report/report-writer.ts';
import { RunListeners } from '../../reporting/run-model.ts';
import { selectReporter } from '../../reporting/terminal/select-reporter.ts';
import { isForUser, UsageError, UserError } from '../../user-error.ts';
import { beginAnew } from '../begin-anew.ts';
import { warnOnStderr } from '../command-error.ts';
import { Interrupts } from '../interrupts.ts';
import { commandName, program } from '../own-command.ts';
import { exitCodes } from '../process-end.ts';
import { type WatchedRuns, watchRuns } from '../watch-runs.ts';
import { type PlanOptions, planCommand } from './plan.ts';

interface RunOptions extends PlanOptions, ExecutionOptions {
  readonly reporter: 'auto' | 'live' | 'plain' | 'json';
  readonly quiet?: boolean;
  readonly dryRun?: boolean;
  readonly watch?: boolean;
  readonly interrupt?: boolean;
  readonly serve?: boolean;
}

/** `restage run`; `argv` names the command, for remembering that it had nothing to do. */
export function runCommand(argv: readonly string[]) {
  return async (words: readonly string[], options: RunOptions): Promise<number> => {
    if (options.dryRun === true) return await planCommand(words, options);
    const { watch = false, interrupt = false, serve = false, detach = false } = options;
    if (!watch && (interrupt || serve))
      throw new UsageError('--interrupt and --serve go with --watch');
    if (watch && detach)
      throw new UsageError('--watch does not go with --detach: jobs run what was submitted');
    if (!watch) return await runOnce(argv, words, options);
    const root = projectRoot();
    // A pipeline that is not there at the start is a slip, not one to wait for.
    findTarget({ words, ...options }, root);
    const server = serve
      ? await (await import('./serve.ts')).openServer(root, { port: 0 })
      : undefined;
    try {
      return await watchRuns(root, (watched) => runOnce(argv, words, options, watched));
    } finally {
      await server?.close();
    }
  };
}

async function runOnce(
  argv: readonly string[],
  words: readonly string[],
  options: RunOptions,
  watched?: WatchedRuns,
) {
  const obstacle = options.checkReads === true ? whyNoTracing() : undefined;
  if (obstacle !== undefined) throw new UserError(`--check-reads: ${obstacle}`);
  const startedAt = Date.now();
  const step = process.env[stepVariable];
  delete process.env[stepVariable]; // so that processes of stages do not inherit it
  if (step !== undefined && isTaken(step)) return exitCodes.ok;
  const { detach = false } = options;
  if (detach && (options.force ?? options.twice) !== undefined) {
    throw new UsageError(
      '--detach does not go with --force or --twice: each of its steps is a run of its own',
    );
  }
  const onSources = watched && ((sources: PipelineSources) => watched.watch.follow(sources));
  const open = async () => {
    const project = await openProject({ words, warn: warnOnStderr, ...options, onSources });
    if (
      step !== undefined &&
      (await waitFor(() => readStep(step)))?.pipeline !==
        digestOfFiles(project.pipeline.sources.files)
    ) {
      throw new UsageError('The pipeline has changed since the run was detached: run it again');
    }
    return { project, places: openPlaces(project, options.on), claims: await checkClaims(project) };
  };
  const { project, places, claims } = await open().catch((error) => {
    if (step !== undefined && isForUser(error)) take(step); // its second job would find the same
    throw error;
  });
  const chosenStyle = options.quiet === true ? 'quiet' : options.reporter;
  const style = step !== undefined ? 'plain' : chosenStyle;
  const reporter = new RunListeners(selectReporter(style, process.stdout, process.env));
  using own = watched === undefined ? new Interrupts() : undefined;
  const { cancellation } = own ?? watched!.interrupts;
  if (cancellation.interrupted) return exitCodes.interrupted; // while the project was read again
  if (options.interrupt === true) watched?.watch.onChange(() => cancellation.stop());
  const run = await makeExecution(project, options, {
    reporter,
    cancellation,
    places,
    command: { name: commandName, script: program, argv, cwd: process.cwd() },
    step,
    startedAt,
  });
  const warn = (message: string) => run.emit({ type: 'warning', message, time: Date.now() });
  reporter.add(new EventFile(run.folder.events, warn));
  const { stages, publisher, folder, host } = run;
  const report = new ReportWriter({
    pipeline: project.pipeline,
    stages,
    publisher,
    run: folder,
    host,
    warn,
  });
  reporter.add(report);
  // A program that reads events expects them all; a forced run is no proof that nothing is to be
  // done.
  const memorable =
    options.reporter !== 'json' &&
    project.forced.size === 0 &&
    options.rehash !== true &&
    options.checkReads !== true &&
    watched === undefined;
  // The memory of runs compares times of files too.
  if (options.rehash === true) forgetAll(project.root);
  process.exitCode = exitCodes.failed; // holds if the process ends before the run does
  try {
    if (detach) cancellation.detaches = true;
    for (const { path, owner } of claims) await run.publisher.takeOver(path, owner);
    // What was forced would run once more; a detached run has further steps, and a watched one sees
    // the change itself.
    const isRepeatable = project.forced.size === 0 && !detach && watched === undefined;
    const memory = memorable ? memoryFile(project.root, process.cwd(), argv) : undefined;
    const { ok, interrupted, beginsAnew } = await bringStages(run, project, {
      cancellation,
      report,
      detach,
      isRepeatable,
      memory,
    });
    watched?.watch.followCode((await run.world.loadedCode?.all()) ?? []);
    // Else the second job of the step goes on.
    if (step !== undefined && !interrupted) take(step);
    if (interrupted) return exitCodes.interrupted;
    if (!beginsAnew) return ok ? exitCodes.ok : exitCodes.failed;
  } finally {
    reporter.close();
  }
  return await beginAnew(argv, cancellation.signal);
}
