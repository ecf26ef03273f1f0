import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A name that nothing else uses, beside a file that is about to be written; gc removes those of killed processes. */
export function temporaryBeside(path: string): string {
  return join(dirname(path), `.tmp-${process.pid}-${randomBytes(6).toString('hex')}`);
}

/**
 * Replaces a small file in one instant, creating its folder: who reads sees the old text or the new.
 * `sync` also makes sure that a power cut cannot leave it empty.
 */
export async function writeAtomic(path: string, text: string, { sync }: { readonly sync: boolean }): Promise<void> {
  const temporary = temporaryBeside(path);
  try {
    const file = await creatingFolder(path, () => open(temporary, 'wx'));
    try {
      await file.writeFile(text);
      if (sync) await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

/** Tries, and where the folder of `path` is missing, creates it and tries again: most often it is there. */
export async function creatingFolder<T>(path: string, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  await mkdir(dirname(path), { recursive: true });
  return await attempt();
}
