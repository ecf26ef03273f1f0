import {
  closeSync,
  existsSync,
  fsync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { temporaryBeside } from './temporary-files.ts';

/**
 * Replaces a file by a rename: readers see the old content or the new. `sync` protects against
 * power cuts.
 */
export function writeAtomic(
  path: string,
  content: string | ((file: number) => void),
  { sync }: { readonly sync: boolean },
): void {
  const temporary = temporaryBeside(path);
  try {
    const file = creatingFolder(path, () => openSync(temporary, 'wx'));
    try {
      if (typeof content === 'string') writeFileSync(file, content);
      else content(file);
      if (sync) fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    removeQuietly(temporary);
    throw error;
  }
}

/** Syncs an open file in another thread: a disk commits many syncs together. */
export const syncFile: (file: number) => Promise<void> = promisify(fsync);

/**
 * The same as {@link writeAtomic}, but leaves the sync to another thread. `mode` restricts who may
 * read the file.
 */
export async function writeSynced(
  path: string,
  text: string,
  { sync, mode }: { readonly sync: boolean; readonly mode?: number },
): Promise<void> {
  const temporary = temporaryBeside(path);
  try {
    const file = creatingFolder(path, () => openSync(temporary, 'wx', mode));
    try {
      writeFileSync(file, text);
      if (sync) await syncFile(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    removeQuietly(temporary);
    throw error;
  }
}

/** Writes a small value as JSON, not synced: what a power cut destroys is computed again. */
export const writeJson = (path: string, value: unknown): void =>
  writeAtomic(path, JSON.stringify(value), { sync: false });

/** The value of a JSON file; undefined if it is absent or damaged. */
export function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}

/**
 * Replaces a text. Writes nothing if the file holds it already, since the disk may be read-only.
 */
export function writeIfOther(path: string, text: string): void {
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text)
    writeAtomic(path, text, { sync: false });
}

/** Error codes of disks without hard links, or without more for this file. */
const withoutLinks: ReadonlySet<string> = new Set([
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EMLINK',
]);

/** Whether an error says that the disk has no hard links. */
export const isWithoutLinks = (error: unknown): boolean =>
  withoutLinks.has((error as NodeJS.ErrnoException).code ?? '');

/**
 * Gives a file another name. Throws `EEXIST` if that is taken, except on disks without links, where
 * a rename replaces.
 */
export function linkOrRename(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (!isWithoutLinks(error)) throw error;
    renameSync(from, to);
  }
}

/**
 * Writes a new small file, whole or not at all, by a link. False where the file is there already.
 */
export function writeNew(
  path: string,
  text: string,
  { sync = false }: { readonly sync?: boolean } = {},
): boolean {
  const temporary = temporaryBeside(path);
  try {
    creatingFolder(path, () => writeFileSync(temporary, text, { flag: 'wx', flush: sync }));
    try {
      linkSync(temporary, path);
    } catch (error) {
      // NFS lost the answer, and tried again (`O_EXCL` in open(2)).
      if (statSync(temporary).nlink === 2) return true;
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error;
      writeFileSync(path, text, { flag: 'wx' }); // a disk without links
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    removeQuietly(temporary);
  }
}

/**
 * Runs `attempt`, and again after creating the folder of `path` if that was missing: mostly it is
 * there.
 */
export function creatingFolder<T>(path: string, attempt: () => T): T {
  try {
    return attempt();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  mkdirSync(dirname(path), { recursive: true });
  return attempt();
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // On a read-only disk it was never created.
  }
}
