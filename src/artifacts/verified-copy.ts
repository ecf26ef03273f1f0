import { constants } from 'node:fs';
import { chmod, copyFile, link, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ListedFile, Listing } from '../fingerprint/artifact-digest.ts';
import { forEachBounded } from '../fingerprint/for-each-bounded.ts';
import { hashFile } from '../fingerprint/hash-file.ts';

/** A file whose source is gone, or is not what its digest says. */
export class CopyFault extends Error {
  override readonly name = 'CopyFault';
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
 * Copies an artifact to `to`, which must not exist, from where `sourceOf` says each file lies, and hashes what arrived.
 * The copies are the user's: writable as new files are, executable where they were. A link in place of a copy shares the
 * object, and is as read-only. Throws a {@link CopyFault}, or what the filesystem says; then `to` is incomplete.
 */
export async function copyVerified(
  listing: Listing,
  sourceOf: (file: ListedFile) => string,
  to: string,
  { hardLink }: { readonly hardLink: boolean },
): Promise<void> {
  if (listing.folder) {
    const folders = new Set([to, ...listing.files.map(({ path }) => dirname(`${to}/${path}`))]);
    for (const folder of folders) await mkdir(folder, { recursive: true });
  }
  await forEachBounded(listing.files, copiers, async (file) => {
    const copy = listing.folder ? `${to}/${file.path}` : to;
    const linked = hardLink && file.executable === undefined && (await tryLink(sourceOf(file), copy));
    if (!linked) await copyOne(file, sourceOf(file), copy);
    if ((await hashFile(copy, file.size)) !== file.digest) throw new CopyFault(file, 'corrupt');
  });
}

async function copyOne(file: ListedFile, source: string, copy: string): Promise<void> {
  try {
    await copyFile(source, copy, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new CopyFault(file, 'missing', error);
    throw error;
  }
  await chmod(copy, (file.executable ? 0o777 : 0o666) & ~process.umask());
}

/** False where the disk has no links, has no more of them, or the source is on another one. */
async function tryLink(source: string, copy: string): Promise<boolean> {
  try {
    await link(source, copy);
    return true;
  } catch {
    return false;
  }
}
