import { relative } from 'node:path';
import type { StageName } from '../engine/config/pipeline.ts';
import { formatWarning } from '../engine/diagnostics/format-diagnostic.ts';
import { execute } from '../engine/execution/execute.ts';
import type { Execution } from '../engine/execution/execution.ts';
import { idleAxisWarnings } from '../engine/execution/idle-axis-warnings.ts';
import { rememberRun } from '../engine/execution/remember-run.ts';
import { isDone, type StageOutcome } from '../engine/execution/stage-outcome.ts';
import { countOutcomes, writeRunRecord } from '../engine/execution/write-run-record.ts';
import { isReadOnly } from '../engine/files/write-error.ts';
import { readBy } from '../engine/graph/graph.ts';
import { clearAfterKilledRuns } from '../engine/publishing/leftovers.ts';
import { signRead } from '../engine/store/run-memory.ts';
import { leftOutWarning, readNumbers } from '../reporting/history/read-numbers.ts';
import type { ReportWriter } from '../reporting/report/report-writer.ts';
import { isForUser } from '../user-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { Interrupts } from './interrupts.ts';
import type { Project } from './open-project.ts';
import { codeFiles } from './package-info.ts';

/** Runs, tells, records and, in the file `memory`, remembers; gives the exit code. */
export async function bringStages(
  run: Execution,
  project: Project,
  memory: string | undefined,
  interrupts: Interrupts,
  report?: ReportWriter,
): Promise<number> {
  const { world, stages, folder, emit, startedAt } = run;
  // Signed before the run: what is edited meanwhile is not what was read.
  const { files, looked } = world.pipeline.sources;
  const read = signRead({ files: [...files, ...codeFiles], looked }, startedAt);
  emit({
    type: 'run-started',
    run: folder.id,
    pipeline: world.pipeline.name,
    ...(world.pipeline.description === undefined ? {} : { description: world.pipeline.description }),
    stages: stages.map(({ name }) => name),
    finals: inInterest(project),
    time: startedAt,
  });
  for (const warning of project.warnings) emit({ type: 'warning', message: formatWarning(warning), time: Date.now() });
  await clearAfterKilledRuns(world.pipeline.root, world.cache);
  const ends = await execute(run);
  if (run.checkReads) tellUnchecked(run, ends);
  for (const message of idleAxisWarnings(stages, ends)) emit({ type: 'warning', message, time: Date.now() });
  const counts = countOutcomes(ends);
  let page: string | undefined;
  try {
    await folder.removeWork();
    if (counts['up to date'] < stages.length) {
      const leftOut = new Map<StageName, number>();
      writeRunRecord(run, ends, (stage) => {
        const numbers = readNumbers(stage, world.pipeline.root);
        const isNew = ends.get(stage.name)!.outcome === 'ran'; // of others it was told when they ran
        if (isNew && numbers.numbersLeftOut !== undefined) leftOut.set(stage.name, numbers.numbersLeftOut);
        return numbers;
      });
      const message = leftOutWarning(leftOut);
      if (message !== undefined) emit({ type: 'warning', message, time: Date.now() });
    } else if (report !== undefined) folder.discard(); // nothing was done: no part of the history; a profile goes on in it
    if (project.whole) {
      world.cache.forgetStages(world.pipeline.name, new Set(world.pipeline.stages.map(({ name }) => name)));
    }
    page = await report?.finish(interrupts.interrupted);
    await rememberRun(run, ends, memory, read, project.found, page);
    world.digests.save();
  } catch (error) {
    if (!isForUser(error)) throw error;
    const idle = counts['up to date'] === stages.length;
    // A disk that is full by now does not undo what was done, nor is it to keep the summary from the user.
    if (!(idle && isReadOnly(error))) emit({ type: 'warning', message: error.message, time: Date.now() });
  }
  const differ = [...ends.values()].some((end) => isDone(end) && end.repeats === false);
  const ok = counts.failed + counts.blocked + counts.cancelled === 0 && !differ;
  const { interrupted } = interrupts;
  const time = Date.now();
  emit({
    ...{ type: 'run-finished', run: folder.id, ok, interrupted, counts },
    ...(page !== undefined && { report: relative(world.pipeline.root, page) }),
    ...{ seconds: (time - startedAt) / 1000, time },
  });
  return interrupted ? exitCodes.interrupted : ok ? exitCodes.ok : exitCodes.failed;
}

/** Says of commands that did not run that what they read was not checked. */
function tellUnchecked({ stages, emit }: Execution, ends: ReadonlyMap<StageName, StageOutcome>): void {
  for (const { name, kind } of stages) {
    const { outcome } = ends.get(name)!;
    if (kind !== 'command' || (outcome !== 'up to date' && outcome !== 'restored')) continue;
    const message = 'did not run, so what it reads was not checked; with --force it runs';
    emit({ type: 'info', stage: name, message, time: Date.now() });
  }
}

/** The named stages, first those that no other one reads: what the run is for. */
function inInterest({ named, stages }: Project): readonly StageName[] {
  const read = new Set(stages.flatMap(readBy));
  return [...named.filter((name) => !read.has(name)), ...named.filter((name) => read.has(name))];
}
