import { createHash } from 'node:crypto';
import { constants, lstatSync, readdirSync, type Stats, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { reasonOf, UserError } from '../../user-error.ts';
import { isStagingName } from './staging-name.ts';

/** A file or folder that cannot be read. `missing`: it does not exist. */
export class ListingError extends UserError {
  readonly path: string;
  readonly missing: boolean;

  constructor(message: string, path: string, missing = false) {
    super(message);
    this.path = path;
    this.missing = missing;
  }
}

/** A file or folder of a walk. Links are followed, so `stats` describes their target. */
export interface TreeEntry {
  /** Relative and POSIX; empty for the root of the walk. */
  readonly path: string;
  readonly stats: Stats;
  readonly folder: boolean;
}

interface Folder {
  readonly path: string;
  readonly stats: Stats;
  readonly parent: Folder | undefined;
}

/**
 * `root` and every file and folder below it, links followed. Ten times as fast as asynchronously.
 * Throws a {@link ListingError}.
 */
export function* walkTree(root: string): Generator<TreeEntry> {
  const stats = statOf(root);
  const folder = isFolder(stats);
  yield { path: '', stats, folder };
  if (!folder) return;
  const folders: Folder[] = [{ path: '', stats, parent: undefined }];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const prefix = folder.path === '' ? '' : `${folder.path}/`;
    for (const name of namesIn(`${root}/${folder.path}`)) {
      if (isStagingName(name)) continue;
      const stats = statOf(`${root}/${prefix}${name}`);
      const entry = { path: prefix + name, stats, folder: isFolder(stats) };
      if (entry.folder) {
        refuseCycle(root, entry, folder);
        folders.push({ ...entry, parent: folder });
      }
      yield entry;
    }
  }
}

function refuseCycle(root: string, { path, stats }: TreeEntry, parent: Folder): void {
  for (let folder: Folder | undefined = parent; folder !== undefined; folder = folder.parent) {
    if (folder.stats.ino !== stats.ino || folder.stats.dev !== stats.dev) continue;
    const around = folder.path === '' ? root : `${root}/${folder.path}`;
    throw new ListingError(
      `${root}/${path} links back to ${around}, which holds it`,
      `${root}/${path}`,
    );
  }
}

/** Cheaper than the method of `Stats`, which matters in a walk of very many files. */
const isFolder = ({ mode }: Stats): boolean => (mode & constants.S_IFMT) === constants.S_IFDIR;

function statOf(path: string): Stats {
  let stats: Stats;
  try {
    stats = statSync(path);
  } catch (error) {
    throw listingError(path, error);
  }
  const type = stats.mode & constants.S_IFMT;
  if (type === constants.S_IFREG || type === constants.S_IFDIR) return stats;
  throw new ListingError(`${path} is neither a file nor a folder`, path);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    throw listingError(folder, error);
  }
}

/** The error of a system call as a {@link ListingError}, in the user's words. */
export function listingError(path: string, error: unknown): ListingError {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ELOOP')
    return new ListingError(`${path} is a link that leads back to itself`, path);
  if (code === 'ENOENT' && path.includes('\ufffd')) {
    const message = `A name in ${dirname(path)} is not UTF-8 text: ${basename(path)}. Rename it, as \`convmv\` does`;
    return new ListingError(message, path);
  }
  if (code === 'ENOENT' && lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) {
    return new ListingError(`${path} is a broken link: what it points to does not exist`, path);
  }
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new ListingError(`${path} does not exist`, path, true);
  return new ListingError(`${path} cannot be read: ${reasonOf(error)}`, path);
}

/**
 * A digest of the stat data of a whole tree. If it is the same later, nothing was written to the
 * tree in between.
 */
export interface StatSignature {
  readonly signature: string;
  /**
   * Latest change in it, in milliseconds by its disk's clock. Unless it is safely past, a write may
   * go unseen.
   */
  readonly newest: number;
}

/**
 * Takes the signature of a file or folder, with one pass of stat calls. Throws a `ListingError`.
 */
export function treeSignature(path: string): StatSignature {
  return entriesSignature(walkTree(path));
}

/** Takes one signature of several trees, at less cost than one of each. Throws a `ListingError`. */
export function treesSignature(paths: readonly string[]): StatSignature {
  const signature = new SignatureOfEntries();
  for (const path of paths) signature.add(walkTree(path));
  return signature.take();
}

/** The signature of entries that were walked already. */
export function entriesSignature(entries: Iterable<TreeEntry>): StatSignature {
  const signature = new SignatureOfEntries();
  signature.add(entries);
  return signature.take();
}

/** Numbers are hashed in binary: as text they would cost more than the walk. */
class SignatureOfEntries {
  readonly #paths: string[] = [];
  readonly #numbers: number[] = [];
  #newest = 0;

  add(entries: Iterable<TreeEntry>): void {
    for (const { path, stats, folder } of entries) {
      const { size, mtimeMs, ctimeMs, ino } = stats;
      this.#paths.push(path);
      // A folder's change time moves when it is renamed into place; its modification time when its
      // names change.
      if (folder) this.#numbers.push(-1, mtimeMs, -1, ino);
      else this.#numbers.push(size, mtimeMs, ctimeMs, ino);
      this.#newest = Math.max(this.#newest, mtimeMs, ctimeMs);
    }
  }

  take(): StatSignature {
    const hash = createHash('sha256')
      .update(this.#paths.join('\0'))
      .update(Float64Array.from(this.#numbers));
    return { signature: hash.digest('hex').slice(0, 32), newest: this.#newest };
  }
}

/**
 * Takes the signature of one path alone: of a file, of a folder by the names in it, or of an absent
 * path, which has a signature, too.
 */
export function pathSignature(path: string): StatSignature {
  try {
    const { size, mtimeMs, ctimeMs, ino } = statSync(path);
    return {
      signature: `${size} ${mtimeMs} ${ctimeMs} ${ino}`,
      newest: Math.max(mtimeMs, ctimeMs),
    };
  } catch (error) {
    return { signature: String((error as NodeJS.ErrnoException).code), newest: 0 };
  }
}
