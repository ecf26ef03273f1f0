import { backendNames } from '../backend/select/backend-names.ts';
import { DigestIndex } from '../engine/files/digest-index.ts';
import { isReadOnly, WriteError } from '../engine/files/write-error.ts';
import type { World } from '../engine/plan/examine.ts';
import { FolderStore } from '../engine/store/folder-store.ts';
import type { Project } from './open-project.ts';

/**
 * Everything that decisions are made from. `warn` gets what is damaged in the store and set aside. With `rehash`, no digest
 * is taken from memory.
 */
export function makeWorld(project: Project, backend: string, warn: (message: string) => void, rehash = false): World {
  const { root, pipeline, graph, forced } = project;
  const store = FolderStore.open(root, warn);
  return {
    pipeline,
    graph,
    store,
    digests: DigestIndex.open(store.folder, { rehash }),
    listings: new Map(),
    backend: backend === 'auto' ? undefined : backend,
    backends: backendNames.filter((name) => name !== 'auto'),
    forced,
  };
}

/** For commands that have no reporter. */
export const warnOnStderr = (message: string): void => void process.stderr.write(`warning: ${message}\n`);

/** Keeps what a command that only reads has learned of files. Where the disk cannot be written, the next command learns it again. */
export function saveDigests({ digests }: World): void {
  try {
    digests.save();
  } catch (error) {
    if (!(error instanceof WriteError)) throw error;
    if (!isReadOnly(error)) warnOnStderr(error.message);
  }
}
