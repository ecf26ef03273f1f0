import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { type TreeEntry, walkTree } from './walk-tree.ts';

/** A digest of the stat data of a whole tree: equal signatures mean that nothing in it was written in between. */
export interface TreeSignature {
  readonly signature: string;
  /** Latest change in it, in milliseconds by its disk's clock. Unless it is safely past, a write may go unseen. */
  readonly newest: number;
}

/** Signs a file or folder with one pass of stat calls. Throws a `ListingError`. */
export function signTree(path: string): TreeSignature {
  return signEntries(walkTree(path));
}

/** Signs entries that were walked already. Numbers are hashed in binary: as text they would cost more than the walk. */
export function signEntries(entries: Iterable<TreeEntry>): TreeSignature {
  const paths: string[] = [];
  const numbers: number[] = [];
  let newest = 0;
  for (const { path, stats, folder } of entries) {
    const { size, mtimeMs, ctimeMs, ino } = stats;
    paths.push(path);
    // A folder's change time moves when it is renamed into place; its modification time when its names change.
    if (folder) numbers.push(-1, mtimeMs, -1, ino);
    else numbers.push(size, mtimeMs, ctimeMs, ino);
    newest = Math.max(newest, mtimeMs, ctimeMs);
  }
  const hash = createHash('sha256').update(paths.join('\0')).update(Float64Array.from(numbers));
  return { signature: hash.digest('hex').slice(0, 32), newest };
}

/** Signs one path alone: a file, a folder by the names in it, or that nothing is there, which has a signature too. */
export function signPlace(path: string): TreeSignature {
  try {
    const { size, mtimeMs, ctimeMs, ino } = statSync(path);
    return { signature: `${size} ${mtimeMs} ${ctimeMs} ${ino}`, newest: Math.max(mtimeMs, ctimeMs) };
  } catch (error) {
    return { signature: String((error as NodeJS.ErrnoException).code), newest: 0 };
  }
}
