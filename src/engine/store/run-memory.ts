import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { signPlace, signTree } from '../files/sign-tree.ts';
import { writeAtomic } from '../files/write-atomic.ts';
import { writeError } from '../files/write-error.ts';

/**
 * What a run that left everything in place looked at. While none of it has changed, the same command has nothing to do,
 * which is known without reading a pipeline, a fingerprint or a result.
 */
export interface RunMemory {
  readonly format: 3;
  readonly pipeline: string;
  readonly found: FoundFile;
  readonly stages: number;
  /** Absolute paths of all that was read or published with everything below it: path inputs, outputs, the page. */
  readonly trees: readonly string[];
  /**
   * Absolute paths of YAML files and code, and of what decided that it was these: folders by the names in them, and places
   * where nothing was, since something there would be found first.
   */
  readonly places: readonly string[];
  /** What each glob gave. */
  readonly globs: Readonly<Record<string, readonly string[]>>;
  /** SHA-256 of each declared variable of the environment, null where unset. */
  readonly env: Readonly<Record<string, string | null>>;
  /** Over the stat data of all trees and places. */
  readonly signature: string;
}

/** How the command came to its pipeline's file: another file may come to precede it, though that one stays as it is. */
export interface FoundFile {
  /** The word that names it; absent where none did, and it was the only one. */
  readonly word?: string;
  /** Absolute path. */
  readonly file: string;
}

/** Names a command: the same words in the same folder mean the same run. */
export function memoryFile(root: string, workingDirectory: string, argv: readonly string[]): string {
  const key = createHash('sha256')
    .update(JSON.stringify([workingDirectory, argv]))
    .digest('hex');
  return join(root, 'cache', 'memory', `${key.slice(0, 32)}.json`);
}

/**
 * The memory of this command if all that it rests on is as it was; else undefined, and the long way is to be gone.
 * `find` finds the file that a word, or none, names now.
 */
export async function recall(
  file: string,
  root: string,
  find: (word: string | undefined) => string | undefined,
): Promise<RunMemory | undefined> {
  try {
    const memory = JSON.parse(readFileSync(file, 'utf8')) as RunMemory;
    if (memory.format !== 3) return undefined;
    if (find(memory.found.word) !== memory.found.file) return undefined;
    for (const [name, value] of Object.entries(memory.env)) if (hashVariable(name) !== value) return undefined;
    if (signAll(memory) !== memory.signature) return undefined;
    return (await sameGlobs(memory.globs, root)) ? memory : undefined;
  } catch {
    return undefined; // never remembered, or something that it rests on is gone
  }
}

/** What a complete run knows of itself, to be remembered. */
export interface CompleteRun {
  readonly pipeline: string;
  readonly found: FoundFile;
  readonly stages: number;
  readonly globs: RunMemory['globs'];
  /** Names of the variables that stages declare. */
  readonly env: readonly string[];
  /** The signature of every tree as it was when its content was known to be right, by absolute path. */
  readonly trees: ReadonlyMap<string, string>;
  /** The same of every place. */
  readonly places: ReadonlyMap<string, string>;
}

/** Remembers a complete run, unless something changed under it. */
export function remember(file: string, run: CompleteRun): void {
  const trees = [...run.trees.keys()];
  const places = [...run.places.keys()];
  const signature = signAll({ trees, places });
  if (signature !== digestOf([...run.trees.values(), ...run.places.values()])) {
    forget(file);
    return;
  }
  const memory: RunMemory = {
    format: 3,
    pipeline: run.pipeline,
    found: run.found,
    stages: run.stages,
    trees,
    places,
    globs: run.globs,
    env: Object.fromEntries(run.env.map((name) => [name, hashVariable(name)])),
    signature,
  };
  writeAtomic(file, JSON.stringify(memory), { sync: false });
}

/** A disk may date files by whole seconds: what changed this shortly before it was read could change again unseen. */
const coarseMs = 3_000;

/** Whether what last changed at `newest` can be trusted to be what was read after `startedAt`; milliseconds. */
export const isOld = (newest: number, startedAt: number): boolean => newest + coarseMs <= startedAt;

/**
 * Signs what a run reads before its stages: files, and the paths that were looked at to find them. Undefined if one of them
 * changed too lately to be sure that this is what was read at `startedAt`.
 */
export function signRead(
  { files, looked }: { readonly files: readonly string[]; readonly looked: readonly string[] },
  startedAt: number,
): ReadonlyMap<string, string> | undefined {
  const signed = new Map([...files, ...looked].map((path) => [path, signPlace(path)]));
  if (!files.every((path) => signed.get(path)!.newest > 0)) return undefined; // taken away meanwhile
  if (![...signed.values()].every(({ newest }) => isOld(newest, startedAt))) return undefined;
  return new Map([...signed].map(([path, { signature }]) => [path, signature]));
}

/** Makes the next run go the long way. */
export function forget(file: string): void {
  rmSync(file, { force: true });
}

/** Makes the next run of every command go the long way. On a read-only disk there is nothing that could be forgotten. */
export function forgetAll(root: string): void {
  try {
    rmSync(join(root, 'cache', 'memory'), { recursive: true, force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EROFS') throw writeError(`to ${root}/cache/memory`, error);
  }
}

const signAll = ({ trees, places }: Pick<RunMemory, 'trees' | 'places'>): string =>
  digestOf([...trees.map((path) => signTree(path).signature), ...places.map((path) => signPlace(path).signature)]);

const digestOf = (signatures: readonly string[]): string =>
  createHash('sha256').update(signatures.join('\n')).digest('hex');

async function sameGlobs(globs: RunMemory['globs'], root: string): Promise<boolean> {
  const patterns = Object.keys(globs);
  if (patterns.length === 0) return true;
  const { expandGlob } = await import('../config/expand-glob.ts'); // only now: it loads a library
  const now = await Promise.all(patterns.map((pattern) => expandGlob(pattern, root)));
  return patterns.every((pattern, index) => JSON.stringify(globs[pattern]) === JSON.stringify(now[index]));
}

function hashVariable(name: string): string | null {
  const value = process.env[name];
  return value === undefined ? null : createHash('sha256').update(value).digest('hex');
}
