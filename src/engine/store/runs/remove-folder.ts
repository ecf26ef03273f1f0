import { readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

/** At most so many files are removed synchronously: a thread for each call takes far longer. */
const fewFiles = 50;

export async function removeFolder(path: string): Promise<void> {
  if (emptyFolder(path)) rmdirSync(path);
  else await rm(path, { recursive: true, force: true, maxRetries: 3 });
}

/**
 * Removes what lies in a folder. False where that is more than a few files, where something is
 * still being written, or where the folder itself is gone.
 */
export function emptyFolder(path: string): boolean {
  let files = 0;
  const empty = (folder: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      files += 1;
      if (files > fewFiles) throw new Error('The folder holds many files');
      const inside = join(folder, entry.name);
      if (!entry.isDirectory()) unlinkSync(inside);
      else {
        empty(inside);
        rmdirSync(inside);
      }
    }
  };
  try {
    empty(path);
    return true;
  } catch {
    return false;
  }
}
