import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Publisher } from '../../artifacts/publish.ts';
import { Cache } from '../../cache/cache.ts';
import { memoryFile, signRead } from '../../cache/run-memory.ts';
import type { StageName } from '../../config/pipeline.ts';
import { formatWarning } from '../../diagnostics/format-diagnostic.ts';
import type { Reporter, RunEvent } from '../../events.ts';
import { Admission } from '../../executor/admission.ts';
import { machineCapacity } from '../../executor/capacity.ts';
import { isTold } from '../../executor/describe-fault.ts';
import { execute } from '../../executor/execute.ts';
import type { Execution } from '../../executor/execution.ts';
import { rememberRun } from '../../executor/remember-run.ts';
import { processStarter } from '../../executor/stage-process.ts';
import { countOutcomes, writeRunRecord } from '../../executor/write-run-record.ts';
import { DigestIndex } from '../../fingerprint/digest-index.ts';
import { readBy } from '../../graph/graph.ts';
import { selectReporter } from '../../reporters/select-reporter.ts';
import { checkClaims } from '../check-claims.ts';
import { claimsOf } from '../claims.ts';
import { exitCodes } from '../exit-codes.ts';
import { gitCommit } from '../git-commit.ts';
import { Interrupts } from '../interrupts.ts';
import { worldBackends } from '../make-world.ts';
import { openProject, type Project } from '../open-project.ts';
import { codeFiles, version } from '../package-info.ts';
import { printMistakes } from '../print-mistakes.ts';
import { planCommand } from './plan.ts';

export interface RunOptions {
  readonly force?: true | readonly string[];
  readonly downstream?: boolean;
  readonly jobs?: number;
  readonly set: readonly string[];
  readonly failFast?: boolean;
  readonly backend: string;
  readonly reporter: 'auto' | 'live' | 'plain' | 'json';
  readonly hardLink?: boolean;
  readonly dryRun?: boolean;
}

/** `pipeline run`; `argv` names the command, for remembering that it had nothing to do. */
export function runCommand(argv: readonly string[]) {
  return async (words: readonly string[], options: RunOptions): Promise<number> => {
    if (options.dryRun === true) return await planCommand(words, options);
    const startedAt = Date.now();
    const opened = await openProject({ words, ...options });
    if (!opened.ok) return printMistakes(opened.error);
    const claimed = await checkClaims(opened.value);
    if (!claimed.ok) return printMistakes(claimed.error);
    const reporter = selectReporter(options.reporter, process.stdout, process.env);
    using interrupts = new Interrupts();
    const run = makeExecution(opened.value, options, reporter, interrupts, startedAt);
    const memory = memoryFile(opened.value.root, process.cwd(), argv);
    // A program that reads events expects them all; a forced run is no proof that nothing is to be done.
    const memorable = options.reporter !== 'json' && opened.value.forced.size === 0;
    process.exitCode = exitCodes.failed; // until the end is known, should something end us before
    try {
      for (const { path, owner } of claimed.value) await run.publisher.takeOver(path, owner);
      return await bring(run, opened.value, memorable ? memory : undefined, interrupts);
    } finally {
      reporter.close();
    }
  };
}

/** Runs, tells, records and, in the file `memory`, remembers; gives the exit code. */
async function bring(
  run: Execution,
  project: Project,
  memory: string | undefined,
  interrupts: Interrupts,
): Promise<number> {
  const { world, stages, folder, emit, startedAt } = run;
  // Signed before the run: what is edited meanwhile is not what was read.
  const read = signRead([...world.pipeline.sources.files, ...codeFiles], startedAt);
  emit({
    type: 'run-started',
    run: folder.id,
    pipeline: world.pipeline.name,
    stages: stages.map(({ name }) => name),
    finals: inInterest(project),
    time: startedAt,
  });
  for (const warning of project.warnings) emit({ type: 'warning', message: formatWarning(warning), time: Date.now() });
  const ends = await execute(run);
  const counts = countOutcomes(ends);
  try {
    if (counts.fresh < stages.length) writeRunRecord(run, ends);
    if (project.whole) {
      world.cache.forgetStages(world.pipeline.name, new Set(world.pipeline.stages.map(({ name }) => name)));
    }
    await rememberRun(run, ends, memory, read, project.found);
    world.digests.save();
    await folder.removeWork();
  } catch (error) {
    if (!isTold(error)) throw error;
    // A disk that is full by now does not undo what was done, nor is it to keep the summary from the user.
    emit({ type: 'warning', message: error.message, time: Date.now() });
  }
  const ok = counts.failed + counts.blocked + counts.cancelled === 0;
  const { interrupted } = interrupts;
  const time = Date.now();
  emit({ type: 'run-finished', run: folder.id, ok, interrupted, counts, seconds: (time - startedAt) / 1000, time });
  return interrupted ? exitCodes.interrupted : ok ? exitCodes.ok : exitCodes.failed;
}

function makeExecution(
  project: Project,
  options: RunOptions,
  reporter: Reporter,
  interrupts: Interrupts,
  startedAt: number,
): Execution {
  const { root, kinds, pipeline, graph, stages, forced } = project;
  const emit = (event: RunEvent) => reporter.event(event);
  const cache = Cache.open(root, (message) => emit({ type: 'warning', message, time: Date.now() }));
  const digests = DigestIndex.open(cache.folder);
  const capacity = machineCapacity();
  return {
    world: {
      pipeline,
      graph,
      cache,
      digests,
      listings: new Map(),
      ...worldBackends(options.backend),
      forced,
    },
    publisher: new Publisher(root, cache, digests, {
      hardLink: options.hardLink ?? false,
      stillClaims: async ({ pipeline, path }) => (await claimsOf(pipeline, root, kinds))?.has(path) ?? true,
    }),
    stages,
    folder: cache.startRun(runId(startedAt), pipeline.name),
    admission: new Admission(capacity, options.jobs ?? capacity.cpu),
    start: processStarter(fileURLToPath(new URL('../stage-main.js', import.meta.url))),
    modules: new Map(
      [...kinds].flatMap(([kind, { module }]) => (module === undefined ? [] : [[kind, module] as const])),
    ),
    host: { restage: version, gitCommit: gitCommit(root) },
    startedAt,
    onFailure: () => {
      if (options.failFast === true) interrupts.stop();
    },
    emit,
    signal: interrupts.signal,
    kill: interrupts.kill,
  };
}

/** The named stages, first those that no other one reads: what the run is for. */
function inInterest({ named, stages }: Project): readonly StageName[] {
  const read = new Set(stages.flatMap(readBy));
  return [...named.filter((name) => !read.has(name)), ...named.filter((name) => read.has(name))];
}

/** Sorts by time, and tells runs of one millisecond apart: `2025-01-31T09-12-03.042-4f2a`. */
function runId(time: number): string {
  return `${new Date(time).toISOString().slice(0, 23).replaceAll(':', '-')}-${randomBytes(2).toString('hex')}`;
}
