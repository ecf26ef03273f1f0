import { existsSync, readFileSync } from 'node:fs';
import { createRequire, Module } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tfjs from '@tensorflow/tfjs';
import { BackendError, firstLine } from './backend-error.ts';

/** A package that somebody else installed; paths are absolute. */
export interface FoundPackage {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
  /** The file that its name stands for. */
  readonly main: string;
}

/**
 * This backend's own folder, the last to look from. Read only when it is asked for: a bundle of
 * another format has no `import.meta.url`.
 */
const ownFolder = () => dirname(fileURLToPath(import.meta.url));

/**
 * Finds a package as `require` would from each of the folders in turn, and last from here.
 * `require.resolve` alone does not distinguish a package that is missing from one whose files are.
 */
export function findPackage(name: string, folders: readonly string[]): FoundPackage | undefined {
  for (const from of [...folders, ownFolder()]) {
    const require = createRequire(join(resolve(from), 'package.json'));
    for (const modules of require.resolve.paths(name) ?? []) {
      const folder = join(modules, name);
      const file = join(folder, 'package.json');
      if (!existsSync(file)) continue;
      const { version, main = 'index.js' } = JSON.parse(readFileSync(file, 'utf8')) as FoundPackage;
      return { name, version, folder, main: join(folder, main) };
    }
  }
  return undefined;
}

/** Where {@link findPackage} looks, in words: it also goes upward from each. */
export function describeSearch(folders: readonly string[]): string {
  return [...folders.map((folder) => resolve(folder)), ownFolder()].join(' and ');
}

/** @param remedy the command that repairs it, as a sentence */
export function unloadable(
  { name, version, folder }: FoundPackage,
  error: unknown,
  remedy: string,
): BackendError {
  const message = `${name} ${version} in ${folder} does not load: ${firstLine(error)} ${remedy}`;
  return new BackendError(message, { cause: error });
}

/**
 * Loads a package, which registers itself with our tfjs. @throws BackendError that ends with the
 * remedy
 */
export function loadPackage(foundPackage: FoundPackage, remedy: string): void {
  try {
    shareTfjs(foundPackage.main);
    createRequire(foundPackage.main)(foundPackage.main);
  } catch (error) {
    throw unloadable(foundPackage, error, remedy);
  }
}

/** The packages of tfjs that hold state of their own, or register kernels when they are loaded. */
const TFJS = ['', '-core', '-backend-cpu', '-backend-webgl', '-data', '-layers', '-converter'];

/**
 * Makes the file `main` of another package, and what it loads, compute with our copy of tfjs. Two
 * copies share one engine and one table of kernels, but the second to load registers the cpu
 * kernels and the gradients anew, over those of the first, with a warning for each.
 *
 * Ours may be part of a bundle, so it is handed over as what it exports: the exports of the whole
 * package hold those of its parts. What is loaded already, such as ours as a package, stays.
 */
function shareTfjs(main: string): void {
  const theirs = createRequire(main);
  for (const name of TFJS.map((part) => `@tensorflow/tfjs${part}`)) {
    const file = resolved(theirs, name);
    if (file !== undefined) theirs.cache[file] ??= moduleOfTfjs(file);
  }
}

function moduleOfTfjs(file: string): Module {
  const module = new Module(file);
  module.exports = { ...tfjs, __esModule: true };
  module.loaded = true;
  return module;
}

function resolved(require: NodeJS.Require, name: string): string | undefined {
  try {
    return require.resolve(name);
  } catch {
    return undefined; // it does without this one
  }
}
