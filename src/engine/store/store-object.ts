import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  type Stats,
  statSync,
  utimesSync,
  write,
  writeFileSync,
} from 'node:fs';
import { copyFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { day } from '../../day.ts';
import { backdate, isSameWriting } from '../files/backdate.ts';
import { hashFile } from '../files/hash-file.ts';
import { temporaryBeside } from '../files/temporary-files.ts';
import { walkTree } from '../files/walk-tree.ts';
import { creatingFolder, syncFile } from '../files/write-atomic.ts';
import { WriteError } from '../files/write-error.ts';

/**
 * The stat data of an object of this size that is in place. Touches it for gc, since the result
 * that needs it is not written yet.
 */
export function keepIfStored(object: string, size: number): Stats | undefined {
  const stats = statSync(object, { throwIfNoEntry: false });
  if (stats === undefined || !stats.isFile() || stats.size !== size) return undefined;
  if (Date.now() - stats.mtimeMs <= day / 4) return stats;
  touchQuietly(object);
  const touched = statSync(object, { throwIfNoEntry: false });
  if (touched !== undefined) backdate(object, touched);
  return statSync(object, { throwIfNoEntry: false });
}

/**
 * Backdates the files of an output that the stage alone owns, and gives their paths in it. Files
 * behind links keep their times.
 */
export async function backdateOwn(source: string): Promise<ReadonlySet<string>> {
  const owns = ownsFolder(source);
  const ownPaths = new Set<string>();
  let count = 0;
  for (const { path, folder } of walkTree(source)) {
    count += 1;
    if (count % 1024 === 0) await nextTurn();
    if (folder || !owns(path)) continue;
    const file = path === '' ? source : `${source}/${path}`;
    const stats = lstatSync(file, { throwIfNoEntry: false });
    if (stats?.isFile() !== true || stats.nlink !== 1) continue;
    backdate(file, stats);
    ownPaths.add(path);
  }
  return ownPaths;
}

/**
 * Stores a file that had the stat data `hashed` before it was hashed: by a move if the stage alone
 * owns it and it is unwritten since, otherwise by a verified copy. It is synced before it gets its
 * name. Gives the stat data of the object.
 */
export async function storeObject(
  object: string,
  source: string,
  mode: 'move' | 'copy',
  hashed?: Stats,
): Promise<Stats> {
  const moved = mode === 'move' ? await moveIn(source, object, hashed) : undefined;
  if (moved !== undefined) return moved;
  mkdirSync(dirname(object), { recursive: true });
  const temporary = temporaryBeside(object);
  try {
    await copyFile(source, temporary, constants.COPYFILE_FICLONE);
    // The copy has the mode of its source, which may not be readable or writable.
    chmodSync(temporary, 0o600);
    backdate(temporary, statSync(temporary));
    const stats = await seal(temporary, 'r+');
    if ((await hashFile(temporary)) !== basename(object)) {
      throw new WriteError(
        `${source} was written to after its stage had ended, so it was not stored. Run again.`,
      );
    }
    renameSync(temporary, object);
    return stats!;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

/**
 * Undefined if the file was written to, is a link, has further names or cannot be moved: it may not
 * belong to the stage alone.
 */
async function moveIn(source: string, object: string, hashed?: Stats): Promise<Stats | undefined> {
  try {
    const stats = await seal(source, constants.O_RDONLY | constants.O_NOFOLLOW);
    if (stats === undefined || (hashed !== undefined && !isSameWriting(hashed, stats)))
      return undefined;
    creatingFolder(object, () => renameSync(source, object));
    return stats;
  } catch (error) {
    if (movable.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/**
 * Failures of a move after which a copy can still succeed: a link, another disk, a folder that must
 * not be written.
 */
const movable: ReadonlySet<string> = new Set(['ELOOP', 'EXDEV', 'EACCES', 'EPERM', 'EROFS']);

/**
 * Syncs a file, makes it read-only, and gives its stat data. Does nothing unless it is a plain file
 * with a single name.
 */
async function seal(path: string, flags: string | number): Promise<Stats | undefined> {
  const file = openSync(path, flags);
  try {
    const before = fstatSync(file);
    if (!before.isFile() || before.nlink !== 1) return undefined;
    await syncFile(file);
    fchmodSync(file, 0o444);
    return fstatSync(file);
  } finally {
    closeSync(file);
  }
}

/**
 * Tells whether a listed file lies in the artifact itself. Files behind a link are copied, not
 * moved.
 */
export function ownsFolder(source: string): (path: string) => boolean {
  // Not the source's own real path: the output as a whole may be such a link.
  const root = join(realpathSync.native(dirname(source)), basename(source));
  const known = new Map<string, boolean>();
  return (path) => {
    const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    const owned =
      known.get(folder) ?? realpathSync.native(join(source, folder)) === join(root, folder);
    known.set(folder, owned);
    return owned;
  };
}

/** Dates a file now, where that is allowed. */
export function touchQuietly(path: string): void {
  try {
    const now = new Date();
    utimesSync(path, now, now);
  } catch {
    // A store that can only be read is still good for reading.
  }
}

/** More bytes than this take longer to write than to hand over to another thread. */
const small = 1 << 16;
const writePart = promisify(write);

async function writeAll(file: number, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; )
    at += (await writePart(file, bytes, at, bytes.length - at)).bytesWritten;
}

/**
 * Stores fetched bytes if they are the object's, and gives its stat data, backdated. Not synced:
 * every use by another process verifies them, and they can be fetched again.
 */
export async function writeObject(
  object: string,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<Stats | undefined> {
  const temporary = temporaryBeside(object);
  const hash = createHash('sha256');
  try {
    const file = creatingFolder(object, () => openSync(temporary, 'wx', 0o444));
    try {
      for await (const chunk of chunks) {
        // Another thread writes a large chunk while this one hashes it.
        const writing = chunk.length > small ? writeAll(file, chunk) : undefined;
        hash.update(chunk);
        if (writing === undefined) writeFileSync(file, chunk);
        else await writing;
      }
    } finally {
      closeSync(file);
    }
    if (hash.digest('hex') === basename(object)) {
      backdate(temporary, statSync(temporary));
      const stats = statSync(temporary);
      renameSync(temporary, object);
      return stats;
    }
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await rm(temporary, { force: true });
  return undefined;
}
