import { backendNames } from '../backend/select/backend-names.ts';
import { DigestIndex } from '../engine/files/digest-index.ts';
import { isReadOnly, WriteError } from '../engine/files/write-error.ts';
import type { World } from '../engine/plan/examine.ts';
import { type PlannedStage, plan } from '../engine/plan/plan.ts';
import { FolderStore } from '../engine/store/folder-store.ts';
import type { Project } from './open-project.ts';

/** What decisions are made from. `warn` hears of damage in the store; with `rehash`, no digest is remembered. */
export function makeWorld(project: Project, backend: string, warn: (message: string) => void, rehash = false): World {
  const { root, pipeline, graph, forced } = project;
  const store = new FolderStore(root, warn);
  return {
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

/** For commands that have no reporter. */
export const warnOnStderr = (message: string): void => void process.stderr.write(`warning: ${message}\n`);

/** The plan of a project, for a command that only looks. It keeps what it learned of files, unless the disk is read-only. */
export async function planProject(
  project: Project,
  backend = 'auto',
  rehash = false,
): Promise<readonly PlannedStage[]> {
  const world = makeWorld(project, backend, warnOnStderr, rehash);
  const planned = await plan(project.stages, world);
  try {
    world.digests.save();
  } catch (error) {
    if (!(error instanceof WriteError)) throw error;
    if (!isReadOnly(error)) warnOnStderr(error.message);
  }
  return planned;
}
