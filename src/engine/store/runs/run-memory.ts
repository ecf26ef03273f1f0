import { rmSync } from 'node:fs';
import { sha256 } from '../../../digest.ts';
import type { Environment } from '../../../environment.ts';
import { expandGlob } from '../../config/expand-glob.ts';
import type { StageName } from '../../config/pipeline.ts';
import { cacheOf, inCache } from '../../files/cache-paths.ts';
import { precedesRead } from '../../files/settled-times.ts';
import { pathSignature, treeSignature, treesSignature } from '../../files/walk-tree.ts';
import { readJson, writeJson } from '../../files/write-atomic.ts';
import { writeError } from '../../files/write-error.ts';

/**
 * Everything that a complete run depended on. As long as it is unchanged, the same command has
 * nothing to do.
 *
 * A command's memory is a file, which is there or not:
 * - absent → remembered: a run left everything in place, and nothing has changed since it was read.
 * - remembered → remembered: `recall` finds all signatures unchanged, and the command ends.
 * - remembered → absent: a run was not complete, or something changed meanwhile (`forget`); with
 *   `--rehash` (`forgetAll`); or `gc`, which takes what nobody used lately.
 *
 * Where `recall` finds a change, the file stays until the run that follows decides again. A memory
 * that is lost costs time and nothing else.
 */
export interface RunMemory extends RememberedRun {
  readonly format: 4;
  /**
   * Absolute paths of all files and whole folders that were read or published: path inputs,
   * outputs, the report.
   */
  readonly trees: readonly string[];
  /**
   * Absolute paths of YAML files, code, and paths that decided which these are, absent ones
   * included. Named `places` on disk, where a file keeps its form.
   */
  readonly places: readonly string[];
  /** SHA-256 of each declared variable of the environment, null where unset. */
  readonly env: Readonly<Record<string, string | null>>;
  readonly signature: string;
}

/** A complete run, as its next command describes it. */
export interface RememberedRun {
  readonly pipeline: string;
  readonly found: FoundFile;
  /** How many stages it has. */
  readonly stages: number;
  /**
   * The names of the stages in their order, for `plan`; absent where it says more of them than that
   * they are up to date.
   */
  readonly names?: readonly StageName[];
  /** The paths that each pattern of an input matched. */
  readonly globs: Readonly<Record<string, readonly string[]>>;
}

/** How a command found its pipeline's file. A new file may take precedence over it. */
export interface FoundFile {
  /** The word that named it; absent for the project's only pipeline. */
  readonly word?: string;
  readonly file: string;
}

/** The file of a command's memory: the same words in the same folder mean the same run. */
export function memoryFile(
  root: string,
  workingDirectory: string,
  argv: readonly string[],
): string {
  const key = sha256(JSON.stringify([workingDirectory, argv]));
  return inCache(cacheOf(root), 'memory', `${key.slice(0, 32)}.json`);
}

/**
 * The memory of a command if nothing that it depends on has changed. `find` gives the file that a
 * word names now.
 */
export async function recall(
  file: string,
  { root, env }: { readonly root: string; readonly env: Environment },
  find: (word: string | undefined) => string | undefined,
): Promise<RunMemory | undefined> {
  try {
    // Where a change is found, the file stays. Safe: a command that is killed before it decides has
    // changed nothing, and what a run publishes changes signatures, too.
    const memory = readJson<RunMemory>(file);
    if (memory?.format !== 4) return undefined;
    if (find(memory.found.word) !== memory.found.file) return undefined;
    for (const [name, value] of Object.entries(memory.env))
      if (hashVariable(env[name]) !== value) return undefined;
    // An equal signature means equal bytes: a run is remembered only once later writes to what it
    // read get other times.
    if (presentSignature(memory.trees, memory.places) !== memory.signature) return undefined;
    return (await sameGlobs(memory.globs, root)) ? memory : undefined;
  } catch {
    return undefined; // something that it depends on is gone
  }
}

/**
 * Remembers a complete run by the signatures of what it depended on, by absolute path, unless some
 * of it has changed since.
 */
export function remember(
  file: string,
  run: RememberedRun,
  variables: ReadonlyMap<string, string | undefined>,
  signatures: Readonly<Record<'trees' | 'paths', ReadonlyMap<string, string>>>,
): void {
  const trees = [...signatures.trees.keys()];
  const places = [...signatures.paths.keys()];
  // Absent → remembered. Safe: signatures were taken before anything was read. They are compared
  // once more, so that no edit during the run is remembered as what the run has seen. The common
  // signature is taken before they are: it cannot have an edit that they lack.
  const signature = presentSignature(trees, places);
  const isSame =
    trees.every((path) => treeSignature(path).signature === signatures.trees.get(path)) &&
    places.every((path) => pathSignature(path).signature === signatures.paths.get(path));
  if (!isSame) {
    forget(file);
    return;
  }
  const hashed = Array.from(variables, ([name, value]) => [name, hashVariable(value)]);
  const memory: RunMemory = {
    ...run,
    format: 4,
    trees,
    places,
    env: Object.fromEntries(hashed),
    signature,
  };
  writeJson(file, memory);
}

/**
 * Signatures of files that a run reads and of paths that it looked at; undefined if one changed too
 * recently.
 */
export function takeSignatures(
  { files, looked }: { readonly files: readonly string[]; readonly looked: readonly string[] },
  startedAt: number,
): ReadonlyMap<string, string> | undefined {
  const signatures = new Map([...files, ...looked].map((path) => [path, pathSignature(path)]));
  // A file was taken away meanwhile.
  if (!files.every((path) => signatures.get(path)!.newest > 0)) return undefined;
  if (![...signatures.values()].every(({ newest }) => precedesRead(newest, startedAt)))
    return undefined;
  return new Map([...signatures].map(([path, { signature }]) => [path, signature]));
}

/** Forgets a run: the next command reads its pipeline and decides again. */
export function forget(file: string): void {
  // Remembered → absent. Safe: without a memory, the next command decides from all the files.
  rmSync(file, { force: true });
}

/**
 * Forgets all runs, so that every command reads its pipeline again. On a read-only disk nothing was
 * remembered.
 */
export function forgetAll(root: string): void {
  try {
    // Remembered → absent. Safe after a kill midway, too: each file counts for itself.
    rmSync(inCache(cacheOf(root), 'memory'), { recursive: true, force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EROFS')
      throw writeError(`to ${inCache(cacheOf(root), 'memory')}`, error);
  }
}

function presentSignature(trees: readonly string[], places: readonly string[]): string {
  const paths = places.map((path) => pathSignature(path).signature);
  return sha256([treesSignature(trees).signature, ...paths].join('\n'));
}

async function sameGlobs(globs: RunMemory['globs'], root: string): Promise<boolean> {
  const patterns = Object.keys(globs);
  if (patterns.length === 0) return true;
  const now = await Promise.all(patterns.map((pattern) => expandGlob(pattern, root)));
  return patterns.every(
    (pattern, index) => JSON.stringify(globs[pattern]) === JSON.stringify(now[index]),
  );
}

function hashVariable(value: string | undefined): string | null {
  return value === undefined ? null : sha256(value);
}
