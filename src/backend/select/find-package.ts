import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A package that somebody else installed. */
export interface FoundPackage {
  readonly name: string;
  readonly version: string;
  /** Absolute path. */
  readonly folder: string;
  /** Absolute path of the file that its name stands for. */
  readonly main: string;
}

/** This backend's own place, the last to look from. */
const here = dirname(fileURLToPath(import.meta.url));

/**
 * Finds a package as `require` would from each of the folders in turn, and last from here.
 *
 * `require.resolve` alone would not tell a package that is missing from one whose files are.
 */
export function findPackage(name: string, folders: readonly string[]): FoundPackage | undefined {
  for (const from of [...folders, here]) {
    const require = createRequire(join(resolve(from), 'package.json'));
    for (const modules of require.resolve.paths(name) ?? []) {
      const folder = join(modules, name);
      const file = join(folder, 'package.json');
      if (!existsSync(file)) continue;
      const { version, main = 'index.js' } = JSON.parse(readFileSync(file, 'utf8')) as PackageFile;
      return { name, version, folder, main: join(folder, main) };
    }
  }
  return undefined;
}

/** Where {@link findPackage} looks, in words: it also goes upward from each. */
export function placesLooked(folders: readonly string[]): string {
  return [...folders.map((folder) => resolve(folder)), here].join(' and ');
}

interface PackageFile {
  readonly version: string;
  readonly main?: string;
}
