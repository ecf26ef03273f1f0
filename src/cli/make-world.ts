import { existsSync } from 'node:fs';
import { backendNames } from '../backend/select/backend-names.ts';
import type { StageName } from '../engine/config/pipeline.ts';
import { loadStoreFile, storeFile } from '../engine/config/store-file.ts';
import type { Traffic } from '../engine/events.ts';
import { DigestIndex } from '../engine/files/digest-index.ts';
import { isReadOnly, WriteError } from '../engine/files/write-error.ts';
import { readBy } from '../engine/graph/graph.ts';
import type { FetchPolicy, World } from '../engine/plan/examine.ts';
import { type PlannedStage, plan } from '../engine/plan/plan.ts';
import { FolderStore } from '../engine/store/folder-store.ts';
import { orThrow } from './command-error.ts';
import type { Project } from './open-project.ts';

export interface WorldOptions {
  readonly rehash?: boolean | undefined;
  /** False: the shared store is left out. */
  readonly store?: boolean | undefined;
  readonly fetch?: FetchPolicy['mode'] | undefined;
  readonly onTraffic?: (traffic: Traffic) => void;
}

/** What decisions are made from. `warn` hears of damage in the store; with `rehash`, no digest is remembered. */
export async function makeWorld(
  project: Project,
  backend: string,
  warn: (message: string) => void,
  { rehash = false, fetch = 'needed', ...options }: WorldOptions = {},
): Promise<World> {
  const { root, pipeline, graph, forced } = project;
  const store = await openStore(root, warn, options);
  return {
    fetches: { mode: fetch, finals: finalsOf(project) },
    pipeline,
    graph,
    store,
    digests: new DigestIndex(store.folder, { rehash }),
    listings: new Map(),
    backend: backend === 'auto' ? undefined : backend,
    backends: backendNames.filter((name) => name !== 'auto'),
    forced,
  };
}

/** The project's store, with the shared one of its `store.yaml`. The code for that is loaded where there is one. */
export async function openStore(
  root: string,
  warn: (message: string) => void,
  { store, onTraffic }: WorldOptions = {},
): Promise<FolderStore> {
  if (store === false || !existsSync(storeFile(root))) return new FolderStore(root, warn);
  const spec = orThrow(loadStoreFile(root))!;
  const { SharedStore } = await import('../engine/store/remote/shared-store.ts');
  return await SharedStore.open(root, spec, { warn, ...(onTraffic !== undefined && { onTraffic }) });
}

/** The named stages that no other one reads: what a run is for. */
export function finalsOf({ named, stages }: Pick<Project, 'named' | 'stages'>): ReadonlySet<StageName> {
  const read = new Set(stages.flatMap(readBy));
  return new Set(named.filter((name) => !read.has(name)));
}

export const warnOnStderr = (message: string): void => void process.stderr.write(`warning: ${message}\n`);

/** The plan of a project, for a command that only looks. It keeps what it learned of files, unless the disk is read-only. */
export async function planProject(
  project: Project,
  backend = 'auto',
  options: WorldOptions = {},
): Promise<readonly PlannedStage[]> {
  const world = await makeWorld(project, backend, warnOnStderr, options);
  const planned = await plan(project.stages, world).finally(() => world.store.close());
  try {
    world.digests.save();
  } catch (error) {
    if (!(error instanceof WriteError)) throw error;
    if (!isReadOnly(error)) warnOnStderr(error.message);
  }
  return planned;
}
