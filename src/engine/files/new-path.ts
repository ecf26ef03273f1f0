import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { clearTemporaries, temporaryBeside } from './temporary-files.ts';
import { writing } from './write-error.ts';

/**
 * Makes a folder that the user named, whole or not at all: `fill` gets the path of a folder beside
 * it. Throws a `WriteError`.
 */
export async function makeFolder<T>(
  path: string,
  fill: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = temporaryBeside(path);
  clearTemporaries(dirname(folder));
  writing(path, () => mkdirSync(folder));
  try {
    const result = await fill(folder);
    writing(path, () => renameSync(folder, path));
    return result;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Calls `use` with a new folder in `parent`, which is removed afterwards. */
export async function inTemporaryFolder<T>(
  parent: string,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(parent, '.work-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Makes a file that the user named, whole or not at all: `write` gets the path of a file beside it.
 * `title` is its name for the user. Throws a `WriteError`.
 */
export async function makeFile<T>(
  path: string,
  title: string,
  write: (file: string) => Promise<T>,
): Promise<T> {
  const file = temporaryBeside(path);
  clearTemporaries(dirname(file));
  try {
    const result = await write(file);
    writing(title, () => renameSync(file, path));
    return result;
  } finally {
    rmSync(file, { force: true });
  }
}
