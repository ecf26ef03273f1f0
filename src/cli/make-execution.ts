import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Reporter, RunEvent } from '../engine/events.ts';
import { Admission } from '../engine/execution/admission.ts';
import { machineCapacity } from '../engine/execution/capacity.ts';
import type { Execution } from '../engine/execution/execution.ts';
import { localPlace } from '../engine/execution/local-place.ts';
import { processRunner } from '../engine/execution/stage-process.ts';
import { DigestIndex } from '../engine/files/digest-index.ts';
import { isReadOnly } from '../engine/files/write-error.ts';
import type { World } from '../engine/plan/examine.ts';
import { Lender } from '../engine/publishing/lender.ts';
import { Publisher } from '../engine/publishing/publish.ts';
import { FolderStore } from '../engine/store/folder-store.ts';
import type { RunFolder } from '../engine/store/run-folder.ts';
import { plainTexts } from '../plain-text.ts';
import { claimsOf } from './claims.ts';
import { gitCommit } from './git-commit.ts';
import type { Interrupts } from './interrupts.ts';
import { worldBackends } from './make-world.ts';
import type { Project } from './open-project.ts';
import { version } from './package-info.ts';

export interface ExecutionOptions {
  readonly backend: string;
  readonly jobs?: number;
  readonly failFast?: boolean;
  readonly hardLink?: boolean;
  readonly rehash?: boolean;
  readonly checkReads?: boolean;
}

/** Begins a run of the project's stages. */
export function makeExecution(
  project: Project,
  options: ExecutionOptions,
  reporter: Reporter,
  interrupts: Interrupts,
  startedAt: number,
): Execution {
  const { root, kinds, pipeline, graph, stages, forced, twice } = project;
  // What stages print and say becomes something for people here: whatever listens shows it without looking again.
  const emit = (event: RunEvent) => reporter.event(plainTexts(event));
  const cache = FolderStore.open(root, (message) => emit({ type: 'warning', message, time: Date.now() }));
  const digests = DigestIndex.open(cache.folder, { rehash: options.rehash ?? false });
  const capacity = machineCapacity();
  const world: World = {
    pipeline,
    graph,
    cache,
    digests,
    listings: new Map(),
    ...worldBackends(options.backend),
    forced,
  };
  const checkReads = options.checkReads ?? false;
  const host = { restage: version, gitCommit: gitCommit(root) };
  const { signal, kill } = interrupts;
  return {
    world,
    publisher: new Publisher(root, cache, digests, {
      hardLink: options.hardLink ?? false,
      stillClaims: async ({ pipeline, path }) => (await claimsOf(pipeline, root, kinds))?.has(path) ?? true,
    }),
    stages,
    folder: startRun(cache, startedAt, pipeline.name),
    place: localPlace({
      world,
      lender: new Lender(cache),
      admission: new Admission(capacity, options.jobs ?? capacity.cpu),
      runProcess: processRunner(fileURLToPath(new URL('./stage-main.js', import.meta.url))),
      modules: new Map(
        [...kinds].flatMap(([kind, { module }]) => (module === undefined ? [] : [[kind, module] as const])),
      ),
      checkReads,
      host,
      signal,
      kill,
    }),
    twice,
    checkReads,
    working: new Map(),
    host,
    startedAt,
    onFailure: () => {
      if (options.failFast === true) interrupts.stop();
    },
    emit,
    signal,
  };
}

/** A run of its own, though another one began in the same millisecond. */
function startRun(cache: FolderStore, startedAt: number, pipeline: string): RunFolder {
  for (let left = 9; ; left -= 1) {
    try {
      return cache.startRun(runId(startedAt), pipeline);
    } catch (error) {
      if (isReadOnly(error)) return cache.unrecordedRun(runId(startedAt)); // there may be nothing to do
      const { cause } = error as { readonly cause?: NodeJS.ErrnoException };
      if (cause?.code !== 'EEXIST' || left === 0) throw error;
    }
  }
}

/** Sorts by time, and tells runs of one millisecond apart: `2025-01-31T09-12-03.042-4f2a`. */
function runId(time: number): string {
  return `${new Date(time).toISOString().slice(0, 23).replaceAll(':', '-')}-${randomBytes(2).toString('hex')}`;
}
