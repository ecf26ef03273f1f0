import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of Restage itself: the nearest upward that holds its package.json, from the sources as from `dist/`. */
export const packageRoot: string = findPackageRoot(dirname(fileURLToPath(import.meta.url)));

function findPackageRoot(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : findPackageRoot(dirname(folder));
}

/** As published. */
export const version: string = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')).version;

/** Files that change whenever Restage's own code does: with a release, and with a build during development. */
export const codeFiles: readonly string[] = ['package.json', 'dist/.tsbuildinfo']
  .map((name) => join(packageRoot, name))
  .filter((path) => existsSync(path));
