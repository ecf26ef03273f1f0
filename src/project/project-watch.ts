import { type FSWatcher, statSync, watch } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { globBase } from '../engine/config/expand-glob.ts';
import type { PipelineSources, ProgramCode } from '../engine/config/pipeline.ts';
import { namesIn } from '../engine/files/entries-in.ts';
import { ListingError, pathSignature, treeSignature } from '../engine/files/walk-tree.ts';
import type { ProjectChanges } from './api.ts';

/** Milliseconds without another change before a project is read: editors save in several steps. */
const quiet = 60;
/**
 * The least milliseconds between two looks at everything, for disks that report no changes; looking
 * takes at most this share of the time.
 */
const pause = 2_000;
const share = 1 / 50;

/**
 * Notices changes of what a project reads by files' signatures; the system's reports only make it
 * look sooner.
 */
export class ProjectWatch implements ProjectChanges {
  /** Takes the signature of each thing that is watched, such as `tree /project/data`. */
  readonly #signatures = new Map<string, () => string>();
  readonly #known = new Map<string, string>();
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #root: string;
  readonly #folders: readonly string[];
  readonly #expand: (pattern: string) => readonly string[];
  #timer: NodeJS.Timeout | undefined;
  #onChange: (() => void) | undefined;
  #hasChanged = false;
  #isEnded = false;

  constructor(root: string, expand: (pattern: string) => readonly string[]) {
    this.#root = root;
    this.#expand = expand;
    this.#folders = ['pipelines', 'stages'].map((name) => join(root, name));
    for (const folder of this.#folders) this.#addTree(folder);
    this.#look(false);
  }

  /** Takes the present state as what the next run reads. */
  begin(): void {
    this.#hasChanged = false;
    for (const [what, takeSignature] of this.#signatures) this.#known.set(what, takeSignature());
  }

  /** Watches what a pipeline was read from, too, with what a pattern may match later. */
  follow({ files, code, looked, inputs, globs }: PipelineSources): void {
    if (this.#isEnded) return;
    for (const path of [...files, ...code, ...looked]) this.#addPlace(path);
    const matches = Object.values(globs).flatMap((paths) =>
      paths.map((path) => resolve(this.#root, path)),
    );
    for (const path of [...inputs, ...matches]) this.#addTree(path);
    for (const [pattern, names] of Object.entries(globs)) this.#addPattern(pattern, names);
  }

  /** Follows what programs loaded beside the code that their text shows. */
  followCode(codes: readonly ProgramCode[]): void {
    if (this.#isEnded) return;
    const paths = codes.flatMap(({ signatures, looked }) => [
      ...Object.keys(signatures),
      ...looked,
    ]);
    for (const path of paths) this.#addPlace(path);
  }

  /**
   * Calls `act` once, when something has changed and a moment of quiet is over; at once if it has
   * already.
   */
  onChange(act: (() => void) | undefined): void {
    this.#onChange = act;
    if (this.#hasChanged) this.#tell();
  }

  /** Resolves once something has changed since {@link begin}. Rejects with the signal's reason. */
  async changed(signal?: AbortSignal): Promise<void> {
    const alive = setInterval(() => {}, 60_000); // listening to files keeps no process alive
    try {
      await new Promise<void>((resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
        if (signal?.aborted) reject(signal.reason);
        this.onChange(resolve);
      });
      // A signal of the system is heard in the next whole turn of the event loop, and a change may
      // be known before it.
      await setImmediate();
      await setImmediate();
      signal?.throwIfAborted();
    } finally {
      clearInterval(alive);
    }
  }

  [Symbol.dispose](): void {
    this.#isEnded = true;
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#onChange = undefined;
  }

  #addPlace(path: string): void {
    this.#watch(`place ${path}`, () => pathSignature(path).signature);
    this.#hearAt(path);
  }

  #addTree(path: string): void {
    this.#watch(`tree ${path}`, () => treeOf(path));
    this.#hearAt(path);
    if (this.#folders.includes(path)) for (const folder of foldersIn(path)) this.#hear(folder);
  }

  /**
   * A pattern by the names that match it, first those that were read: each of them is watched as a
   * tree.
   */
  #addPattern(pattern: string, names: readonly string[]): void {
    this.#watch(`pattern ${pattern}`, () => this.#expand(pattern).join('\n'), names.join('\n'));
    this.#hear(globBase(pattern, this.#root));
  }

  #watch(what: string, takeSignature: () => string, now?: string): void {
    if (!this.#known.has(what)) this.#known.set(what, now ?? takeSignature());
    this.#signatures.set(what, takeSignature);
  }

  #hearAt(path: string): void {
    this.#hear(isFolder(path) ? path : dirname(path));
  }

  /** Listens to a folder. Where that cannot be, looking from time to time is enough. */
  #hear(folder: string): void {
    if (this.#watchers.has(folder)) return;
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#lookIn(quiet)).on(
        'error',
        () => {},
      );
      this.#watchers.set(folder, watcher);
    } catch {
      // It is not there yet, or the system listens to no more.
    }
  }

  #lookIn(wait: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(true), wait);
  }

  #look(mayTell: boolean): void {
    const startedAt = performance.now();
    const changed =
      mayTell &&
      [...this.#signatures].some(
        ([what, takeSignature]) => takeSignature() !== this.#known.get(what),
      );
    this.#lookIn(Math.max(pause, (performance.now() - startedAt) / share));
    this.#timer?.unref();
    if (!changed || this.#hasChanged) return;
    this.#hasChanged = true;
    this.#tell();
  }

  #tell(): void {
    const act = this.#onChange;
    this.#onChange = undefined;
    act?.();
  }
}

function treeOf(path: string): string {
  try {
    return treeSignature(path).signature;
  } catch (error) {
    if (!(error instanceof ListingError)) throw error;
    return error.message;
  }
}

/**
 * Whether there is a folder. A place to look at may lie below a file, such as the `package.json` of
 * an imported module.
 */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

const foldersIn = (folder: string): readonly string[] =>
  namesIn(folder)
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory())
    .flatMap((path) => [path, ...foldersIn(path)]);
