import { chmodSync, constants, copyFileSync, readFileSync, type Stats, statSync } from 'node:fs';
import { chmod, copyFile, link, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { sha256 } from '../../digest.ts';
import { backdate, filesSignature } from '../files/backdate.ts';
import { forEachBounded } from '../files/for-each-bounded.ts';
import { hashFile } from '../files/hash-file.ts';
import type { ListedFile, Listing } from '../files/listing.ts';

/** A file whose source is gone, or does not match its digest. */
export class CopyFault extends Error {
  readonly file: ListedFile;
  readonly fault: 'missing' | 'corrupt';

  constructor(file: ListedFile, fault: 'missing' | 'corrupt', cause?: unknown) {
    super(`${file.digest} is ${fault}`, { cause });
    this.file = file;
    this.fault = fault;
  }
}

const copiers = 8;
/**
 * Up to this size, in bytes, the system calls take less time than handing them over to another
 * thread.
 */
const small = 1 << 16;

export interface CopyOptions {
  /** Whether copies may share the objects. */
  readonly hardLink?: boolean;
  /**
   * The {@link filesSignature} of the sources from before they were hashed. While it holds, copies
   * are not hashed.
   */
  readonly signature?: string | undefined;
}

/**
 * Copies an artifact to the new path `to`, and gives the stat data of each copy, backdated, by its
 * path in the listing. Copies are hashed, or the signature of the sources and the sizes of copies
 * are compared. Throws a {@link CopyFault}.
 */
export async function copyVerified(
  listing: Listing,
  sourceOf: (file: ListedFile) => string,
  to: string,
  { hardLink = false, signature }: CopyOptions = {},
): Promise<ReadonlyMap<string, Stats>> {
  const copies = new Map<string, Stats>();
  const sources = new Map<string, Stats>();
  await makeFolders(listing, to);
  await forEachBounded(listing.files, copiers, async (file) => {
    const source = sourceOf(file);
    const copy = pathIn(to, file);
    const linked = hardLink && file.executable === undefined && (await linkObject(source, copy));
    if (!linked) {
      await copyOne(file, source, copy);
      backdate(copy, statSync(copy));
    }
    const stats = statSync(copy);
    if (stats.size !== file.size) throw new CopyFault(file, 'corrupt');
    copies.set(file.path, stats);
    // Only now: a source that changed before or while it was copied is noticed.
    const copied =
      signature === undefined ? undefined : statSync(source, { throwIfNoEntry: false });
    if (copied === undefined) await checkCopy(copy, file);
    else sources.set(file.path, copied);
    await nextTurn(); // lets timers and children in between two files
  });
  if (
    signature !== undefined &&
    filesSignature(listing, ({ path }) => sources.get(path)) !== signature
  ) {
    await forEachBounded(
      listing.files,
      copiers,
      async (file) => await checkCopy(pathIn(to, file), file),
    );
  }
  return copies;
}

/** The path of a listed file in a folder, or `folder` itself for the only file of an artifact. */
export const pathIn = (folder: string, { path }: ListedFile): string =>
  path === '' ? folder : `${folder}/${path}`;

/** Makes the folders of an artifact below `to`. */
export async function makeFolders({ folder, files }: Listing, to: string): Promise<void> {
  if (!folder) return;
  const folders = new Set([to, ...files.map((file) => dirname(pathIn(to, file)))]);
  for (const path of folders) await mkdir(path, { recursive: true });
}

/** Copies a file with the mode of outputs. Throws a {@link CopyFault} if the source is gone. */
export async function copyOne(file: ListedFile, source: string, copy: string): Promise<void> {
  const flags = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE;
  const mode = (file.executable ? 0o777 : 0o666) & ~process.umask();
  try {
    if (file.size > small) {
      await copyFile(source, copy, flags);
      await chmod(copy, mode);
    } else {
      copyFileSync(source, copy, flags);
      chmodSync(copy, mode);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new CopyFault(file, 'missing', error);
    throw error;
  }
}

async function checkCopy(copy: string, file: ListedFile): Promise<void> {
  const digest = file.size > small ? await hashFile(copy, file.size) : sha256(readFileSync(copy));
  if (digest !== file.digest) throw new CopyFault(file, 'corrupt');
}

/**
 * Links an object; false where the disk has no links, or no more of them, or the object is on
 * another disk.
 */
export async function linkObject(object: string, copy: string): Promise<boolean> {
  try {
    keepReadOnly(object);
    await link(object, copy);
    return true;
  } catch {
    return false;
  }
}

/** Removes write access that a stage or the user gave an object through a link. */
export function keepReadOnly(object: string): void {
  if (((statSync(object, { throwIfNoEntry: false })?.mode ?? 0) & 0o333) !== 0)
    chmodSync(object, 0o444);
}
