import { relative } from 'node:path';
import { cacheOf } from '../../engine/files/cache-paths.ts';
import { DigestIndex } from '../../engine/files/digest-index.ts';
import { LocalStore } from '../../engine/store/local-store.ts';
import { forgetAll } from '../../engine/store/runs/run-memory.ts';
import { verifyStore } from '../../engine/store/verify-store.ts';
import type { OpenedProject } from '../opened-project.ts';

/**
 * Reads everything in the cache of a project, sets damaged objects aside, and warns of each.
 * `onProgress` is told how many of how many bytes are read.
 */
export async function verifyCache(
  { root, warn }: OpenedProject,
  onProgress: (done: number, total: number) => void,
): ReturnType<typeof verifyStore> {
  return await verifyStore(new LocalStore(root, warn), onProgress);
}

/** Files whose digests a project remembers. */
interface RememberedFiles {
  readonly count: number;
  /** Those with another content under the old size and times, relative to the project. */
  readonly changed: readonly string[];
}

/**
 * Reads the files whose digests a project remembers, and forgets the digests of those that have
 * another content by now.
 */
export async function verifyInputs({ root }: OpenedProject): Promise<RememberedFiles> {
  const index = new DigestIndex(cacheOf(root));
  const { files, changed } = await index.recheck();
  if (changed.length > 0) {
    index.save();
    forgetAll(root);
  }
  return { count: files, changed: changed.map((path) => relative(root, path)) };
}
