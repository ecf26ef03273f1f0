import { type FSWatcher, statSync, watch } from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { namesIn } from '../engine/files/entries-in.ts';
import { ListingError, signPlace, signTree } from '../engine/files/walk-tree.ts';
import { reportError } from './command-error.ts';
import { Interrupts } from './interrupts.ts';
import type { Project } from './open-project.ts';

/** Milliseconds without another change before a project is read: editors save in several steps. */
const quiet = 60;
/** The least milliseconds between two looks at everything, for disks that report no changes; looking takes at most this share of the time. */
const pause = 2_000;
const share = 1 / 50;

/** Notices changes of what a project reads by files' signatures; the system's reports only make it look sooner. */
export class ProjectWatch implements Disposable {
  readonly #signed = new Map<string, () => string>();
  readonly #known = new Map<string, string>();
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #own: readonly string[];
  #timer: NodeJS.Timeout | undefined;
  #onChange: (() => void) | undefined;
  #hasChanged = false;

  constructor(root: string) {
    this.#own = ['pipelines', 'stages'].map((name) => join(root, name));
    for (const folder of this.#own) this.#add(folder, () => treeOf(folder));
    this.#look(false);
  }

  /** Takes the present state as what the next run reads. */
  begin(): void {
    this.#hasChanged = false;
    for (const [path, sign] of this.#signed) this.#known.set(path, sign());
  }

  follow({ pipeline }: Pick<Project, 'pipeline'>): void {
    const { files, code, looked } = pipeline.sources;
    for (const path of [...files, ...code, ...looked]) this.#add(path, () => signPlace(path).signature);
    const inputs = pipeline.stages.flatMap(({ inputs }) => inputs.flatMap(({ items }) => items));
    for (const item of inputs) if (item.from === 'path') this.#add(item.path, () => treeOf(item.path));
  }

  /** Calls `act` once, when something has changed and a moment of quiet is over; at once if it has already. */
  onChange(act: (() => void) | undefined): void {
    this.#onChange = act;
    if (this.#hasChanged) this.#tell();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#onChange = undefined;
  }

  #add(path: string, sign: () => string): void {
    if (!this.#known.has(path)) this.#known.set(path, sign());
    this.#signed.set(path, sign);
    this.#hear(statSync(path, { throwIfNoEntry: false })?.isDirectory() ? path : dirname(path));
    if (this.#own.includes(path)) for (const folder of foldersIn(path)) this.#hear(folder);
  }

  /** Listens to a folder. Where that cannot be, looking from time to time is enough. */
  #hear(folder: string): void {
    if (this.#watchers.has(folder)) return;
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#lookIn(quiet)).on('error', () => {});
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
    const changed = mayTell && [...this.#signed].some(([path, sign]) => sign() !== this.#known.get(path));
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
    return signTree(path).signature;
  } catch (error) {
    if (!(error instanceof ListingError)) throw error;
    return error.message;
  }
}

const foldersIn = (folder: string): readonly string[] =>
  namesIn(folder)
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory())
    .flatMap((path) => [path, ...foldersIn(path)]);

/** What all runs of a watch share. */
export interface WatchedRuns {
  readonly watch: ProjectWatch;
  readonly interrupts: Interrupts;
}

/** Runs again whenever what was read has changed, until the user interrupts it. Returns the exit code of the last run. */
export async function watchRuns(root: string, run: (runs: WatchedRuns) => Promise<number>): Promise<number> {
  using watch = new ProjectWatch(root);
  using interrupts = new Interrupts();
  for (;;) {
    watch.begin();
    const code = await run({ watch, interrupts }).catch(reportError); // a mistake in a file that is being edited ends no watch
    interrupts.endRun();
    if (interrupts.interrupted || !(await nextChange(watch, interrupts.signal))) return code;
  }
}

/** Whether something has changed; otherwise the user interrupted the wait. */
async function nextChange(watch: ProjectWatch, signal: AbortSignal): Promise<boolean> {
  const alive = setInterval(() => {}, 60_000); // listening to files keeps no process alive
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    process.stderr.write('Waiting for a change. Ctrl-C ends it.\n');
    watch.onChange(resolve);
  });
  clearInterval(alive);
  // A signal is heard in the next whole turn of the event loop, and a change may be known before it.
  await setImmediate();
  await setImmediate();
  return !signal.aborted;
}
