import { existsSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Digest } from '../../digest.ts';
import { inCache } from '../files/cache-paths.ts';
import { namesIn } from '../files/entries-in.ts';
import { linkTarget } from '../files/read-part.ts';
import { temporaryBeside } from '../files/temporary-files.ts';
import { creatingFolder } from '../files/write-atomic.ts';

/**
 * A path for a stage's inputs that is the same in every run, since programs such as `sha256sum`
 * print paths.
 */
export const viewName = (cache: string, fingerprint: Digest): string =>
  inCache(cache, 'in', fingerprint.slice(0, 16));

/**
 * Makes the name a link to a folder. It replaces any other link: the holder of a fingerprint's
 * lease owns its name.
 */
export function nameView(name: string, folder: string): void {
  const temporary = temporaryBeside(name);
  creatingFolder(name, () => symlinkSync(folder, temporary));
  renameSync(temporary, name);
}

/** Removes the name, unless it links to another run's folder by now. */
export function forgetView(name: string, folder: string): void {
  if (linkTarget(name) === folder) rmSync(name, { force: true });
}

/** The names that link nowhere, or into the folder of a killed run. */
export function abandonedViewNames(cache: string, killed: readonly string[]): readonly string[] {
  const names = namesIn(inCache(cache, 'in')).map((name) => inCache(cache, 'in', name));
  return names.filter(
    (name) => !existsSync(name) || killed.includes(dirname(dirname(linkTarget(name) ?? ''))),
  );
}
