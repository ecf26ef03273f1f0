import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunEvent } from '../engine/events.ts';
import { Admission } from '../engine/execution/admission.ts';
import type { Execution } from '../engine/execution/execution.ts';
import { localPlace } from '../engine/execution/local-place.ts';
import { machineCapacity } from '../engine/execution/machine-capacity.ts';
import { IdleWorkers } from '../engine/execution/processes/idle-workers.ts';
import { processRunner } from '../engine/execution/processes/process-runner.ts';
import type { StageProcess } from '../engine/execution/processes/stage-process.ts';
import { UsageSampler } from '../engine/execution/processes/usage-sampler.ts';
import { upwards } from '../engine/files/upwards.ts';
import { isReadOnly } from '../engine/files/write-error.ts';
import { noPlaces, type Places } from '../engine/places/place-file.ts';
import { Lender } from '../engine/publishing/lender.ts';
import { Publisher } from '../engine/publishing/publish.ts';
import type { LocalStore } from '../engine/store/local-store.ts';
import { findAgain } from '../engine/store/remembered-code.ts';
import { RunFolder } from '../engine/store/runs/run-folder.ts';
import { plainTexts } from '../plain-text.ts';
import { readNumbers } from '../reporting/history/read-numbers.ts';
import type { Cancellation } from './cancellation.ts';
import { stillClaims } from './check-claims.ts';
import { loadProgram } from './kinds/load-run.ts';
import { makePlace, type RepeatedCommand } from './make-place.ts';
import { version } from './package-info.ts';
import type { Selection } from './selection.ts';
import { openWorkspace, type WorkspaceOptions } from './workspace.ts';

/** The options of `run` that decide how stages run. */
export interface ExecutionOptions extends WorkspaceOptions {
  readonly backend?: string;
  readonly jobs?: number;
  readonly failFast?: boolean;
  readonly hardLink?: boolean;
  readonly checkReads?: boolean;
  /** The place of stages that name none. */
  readonly on?: string;
  readonly detach?: boolean;
}

interface RunParts {
  readonly reporter: { event(event: RunEvent): void };
  readonly cancellation: Cancellation;
  readonly places?: Places;
  /** For a detached run: the command that takes its steps, and the step that this process takes. */
  readonly command?: RepeatedCommand;
  readonly step?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/** Opens the store, begins the run and prepares its places. The caller closes the store. */
export async function makeExecution(
  selection: Selection,
  options: ExecutionOptions,
  { reporter, cancellation, places = noPlaces, command, step, startedAt }: RunParts,
): Promise<Execution> {
  const { root, env, kinds, pipeline, stages, twice } = selection;
  // What stages print and report becomes plain text here, so that no listener needs to check it.
  const emit = (event: RunEvent) => reporter.event(plainTexts(event));
  const warn = (message: string) => emit({ type: 'warning', message, time: Date.now() });
  const workspace = await openWorkspace(selection, options.backend ?? 'auto', warn, {
    ...options,
    onTraffic: (traffic) => emit({ type: 'store-traffic', ...traffic, time: Date.now() }),
  });
  const { store, digests } = workspace;
  const capacity = machineCapacity(env, places.localGpus);
  const idle = new IdleWorkers<StageProcess>({
    workers: capacity.cpu,
    memory: capacity.memory / 4,
  });
  const checkReads = options.checkReads ?? false;
  const host = { restage: version, gitCommit: gitCommit(root) };
  const { signal, kill } = cancellation;
  const folder = startRun(store.local, startedAt, pipeline.name);
  const modules = new Map(
    [...kinds].flatMap(([kind, { module }]) =>
      module === undefined ? [] : [[kind, module] as const],
    ),
  );
  const local = localPlace({
    idle,
    usage: new UsageSampler(folder.usage),
    modules,
    checkReads,
    host,
    signal,
    kill,
    writeResult: (result) => store.local.writeResult(result),
    lender: new Lender(store.local),
    admission: new Admission(capacity, options.jobs ?? capacity.cpu, idle),
    runProcess: processRunner(
      fileURLToPath(new URL('./stage-main.js', import.meta.url)),
      loadProgram,
      idle,
    ),
  });
  return {
    workspace,
    publisher: new Publisher(root, store.local, digests, {
      hardLink: options.hardLink ?? false,
      stillClaims: stillClaims(root, kinds),
    }),
    stages,
    folder,
    place: makePlace(local, selection, {
      places,
      workspace,
      host,
      modules,
      cancellation,
      warn,
      command,
      step,
      findCode: (stage, root) => findAgain(kinds.get(stage.kind)!.spec, stage, { root, env }),
      downloads: ({ kind, settings }) => kinds.get(kind)?.spec.downloads?.(settings) ?? [],
      on: options.on,
      detach: options.detach ?? false,
      jobs: options.jobs,
      run: folder.id,
    }),
    twice,
    checkReads,
    working: new Map(),
    host,
    startedAt,
    numbersOf: (stage) => readNumbers(stage, root),
    onFailure: options.failFast === true ? () => cancellation.stop() : () => {},
    emit,
    signal,
  };
}

/** Starts a run with an id of its own, even if another run begins in the same millisecond. */
function startRun(store: LocalStore, startedAt: number, pipeline: string): RunFolder {
  for (let attempts = 9; ; attempts -= 1) {
    try {
      return store.startRun(runId(startedAt), pipeline);
    } catch (error) {
      // Where nothing may be written, a run may still have nothing to do: nothing of it is kept.
      if (isReadOnly(error)) return new RunFolder(store.folder, runId(startedAt));
      const { cause } = error as { readonly cause?: NodeJS.ErrnoException };
      if (cause?.code !== 'EEXIST' || attempts === 0) throw error;
    }
  }
}

/**
 * An id that sorts by time, with random digits for runs of the same millisecond:
 * `2025-01-31T09-12-03.042-4f2a`.
 */
function runId(time: number): string {
  return `${new Date(time).toISOString().slice(0, 23).replaceAll(':', '-')}-${randomBytes(2).toString('hex')}`;
}

/**
 * The commit that a folder's checkout stands on, read from git's own files (a process would cost
 * more); undefined outside one.
 */
function gitCommit(folder: string): string | undefined {
  const git = [...upwards(folder)]
    .map((path) => join(path, '.git'))
    .find((path) => existsSync(path));
  if (git === undefined) return undefined;
  try {
    const head = readFileSync(join(git, 'HEAD'), 'utf8').trim();
    const ref = /^ref: (.+)$/.exec(head)?.[1];
    if (ref === undefined) return head;
    const loose = join(git, ref);
    if (existsSync(loose)) return readFileSync(loose, 'utf8').trim();
    const packed = readFileSync(join(git, 'packed-refs'), 'utf8').split('\n');
    return packed.find((line) => line.endsWith(` ${ref}`))?.split(' ')[0];
  } catch {
    return undefined; // a worktree or a git that keeps its refs elsewhere: the record goes without
  }
}
