import { backendNames } from '../backend/select/backend-names.ts';
import { DigestIndex } from '../engine/files/digest-index.ts';
import { isReadOnly, WriteError } from '../engine/files/write-error.ts';
import type { World } from '../engine/plan/examine.ts';
import { FolderStore } from '../engine/store/folder-store.ts';
import type { Project } from './open-project.ts';

/** What the user named, and what could be named. */
export function worldBackends(backend: string): Pick<World, 'backend' | 'backends'> {
  return {
    backend: backend === 'auto' ? undefined : backend,
    backends: backendNames.filter((name) => name !== 'auto'),
  };
}

/** The places that decisions are made from. `warn` is told of damage in the cache that was set aside. */
export function makeWorld(project: Project, backend: string, warn: (message: string) => void, rehash = false): World {
  const { root, pipeline, graph, forced } = project;
  const cache = FolderStore.open(root, warn);
  return {
    pipeline,
    graph,
    cache,
    digests: DigestIndex.open(cache.folder, { rehash }),
    listings: new Map(),
    ...worldBackends(backend),
    forced,
  };
}

/** For commands that have no reporter. */
export const warnOnStderr = (message: string): void => void process.stderr.write(`warning: ${message}\n`);

/** Keeps what a command that only looks learned of files. Where the disk takes nothing, it is learned again next time. */
export function saveDigests({ digests }: World): void {
  try {
    digests.save();
  } catch (error) {
    if (!(error instanceof WriteError)) throw error;
    if (!isReadOnly(error)) warnOnStderr(error.message);
  }
}
