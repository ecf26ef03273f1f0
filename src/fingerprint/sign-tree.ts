import { sha256 } from './digest.ts';
import { FileClock } from './file-clock.ts';
import { type TreeEntry, walkTree } from './walk-tree.ts';

/** What stat says of a whole tree, in short: equal signatures mean that nothing in it was written in between. */
export interface TreeSignature {
  readonly signature: string;
  /**
   * The latest change or modification of anything in it, in milliseconds since the epoch by its filesystem's clock.
   * Only if that is safely past can a later, equal signature be trusted: two writes within one tick look the same.
   */
  readonly newest: number;
}

/** Signs a file or folder with one pass of stat calls. Throws a `ListingError`. */
export function signTree(path: string): TreeSignature {
  return signEntries(walkTree(path));
}

/** The same of entries that were walked already. */
export function signEntries(entries: Iterable<TreeEntry>): TreeSignature {
  let text = '';
  let newest = 0;
  for (const { path, stats } of entries) {
    const { mtimeMs, ctimeMs, ino } = stats;
    // A folder's change time moves when it is renamed into place; its modification time when its names change.
    text += stats.isDirectory()
      ? `${path}\0${mtimeMs} ${ino}\n`
      : `${path}\0${stats.size} ${mtimeMs} ${ctimeMs} ${ino}\n`;
    newest = Math.max(newest, mtimeMs, ctimeMs);
  }
  return { signature: sha256(text).slice(0, 32), newest };
}

/** Whether `newest` lies safely before now by the clock of the filesystem that holds `folder`, the cache's. */
export function isSafelyPast(newest: number, folder: string): boolean {
  return new FileClock(folder).isPast(newest);
}
