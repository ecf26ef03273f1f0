import { constants, mkdirSync, statSync, utimesSync } from 'node:fs';
import { chmod, copyFile, open, rename, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { hashFile } from '../files/hash-file.ts';
import { temporaryBeside } from '../files/write-atomic.ts';
import { WriteError } from '../files/write-error.ts';

const day = 86_400_000;

/**
 * Whether an object of this size is in its place. One that is found was wanted just now, so it is kept young: gc leaves
 * alone what was touched within a day, and the result that will name it is not yet written.
 */
export function isStored(object: string, size: number): boolean {
  const stats = statSync(object, { throwIfNoEntry: false });
  if (stats === undefined || !stats.isFile() || stats.size !== size) return false;
  if (Date.now() - stats.mtimeMs > day / 4) touchQuietly(object);
  return true;
}

/**
 * Puts a file in its place as an object: moved if it is the stage's alone, so that bytes are written once, else copied. Of a
 * copy the bytes are verified, since whoever else has the file may write to it. Throws a {@link WriteError} if one did.
 * It is synced before it gets its name, since a power cut could otherwise leave a complete name on incomplete bytes.
 * (The names themselves need no sync: a result whose objects are missing is a miss.)
 */
export async function storeObject(object: string, source: string, mode: 'move' | 'copy'): Promise<void> {
  mkdirSync(dirname(object), { recursive: true });
  if (mode === 'move' && (await moveIn(source, object))) return;
  const temporary = temporaryBeside(object);
  try {
    await copyFile(source, temporary, constants.COPYFILE_FICLONE);
    await seal(temporary);
    if ((await hashFile(temporary)) !== basename(object)) {
      throw new WriteError(`${source} was written to after its stage had ended, so it was not stored. Run again.`);
    }
    await rename(temporary, object);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

/** False where the file is a link, has further names or cannot be moved: then it is not ours to take. */
async function moveIn(source: string, object: string): Promise<boolean> {
  try {
    const file = await open(source, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      const stats = await file.stat();
      if (!stats.isFile() || stats.nlink !== 1) return false;
      await file.sync();
      await file.chmod(0o444);
    } finally {
      await file.close();
    }
    await rename(source, object);
    return true;
  } catch (error) {
    if (movable.has((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

/** Failures of a move after which a copy can still succeed: a link, another disk, a folder that is not to be written. */
const movable: ReadonlySet<string> = new Set(['ELOOP', 'EXDEV', 'EACCES', 'EPERM', 'EROFS']);

async function seal(path: string): Promise<void> {
  await chmod(path, 0o600); // the copy has the mode of its source, which may not be readable or writable
  const file = await open(path, 'r+');
  try {
    await file.sync();
    await file.chmod(0o444);
  } finally {
    await file.close();
  }
}

export function touchQuietly(path: string): void {
  try {
    const now = new Date();
    utimesSync(path, now, now);
  } catch {
    // A cache that can only be read is still good for reading.
  }
}
