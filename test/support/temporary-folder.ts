import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A folder for one test, removed after it; its path holds no links. */
export function temporaryFolder(test: { after(cleanUp: () => void): void }): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'restage-')));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * Removes a folder in which a process that ends on its own may still write, as a worker of a
 * cluster does: for at most 10 s it begins anew when a file appears meanwhile. (`maxRetries` of
 * Node removes the folder again, and not the new file.)
 */
export function removeBusyFolder(folder: string): void {
  const last = Date.now() + 10_000;
  for (;;) {
    try {
      rmSync(folder, { recursive: true, force: true });
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOTEMPTY' || Date.now() > last) throw error;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  }
}

/** Writes files by their paths below `folder`, with their folders. Returns `folder`. */
export function writeFiles(folder: string, files: Readonly<Record<string, string>>): string {
  mkdirSync(folder, { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}
