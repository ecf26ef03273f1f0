import { lstatSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { day } from '../../day.ts';
import { entriesIn } from '../files/entries-in.ts';
import { parseTemporaryName } from '../files/temporary-files.ts';
import { writeError } from '../files/write-error.ts';
import { abandonedViewNames } from '../store/input-view-name.ts';
import { LocalStore } from '../store/local-store.ts';
import { PublishedRecords } from './published-record.ts';
import { leftoversIn } from './staging.ts';

/**
 * A file or folder that a killed process left, and that nothing will use. `bytes` includes
 * everything in it.
 */
export interface Leftover {
  readonly path: string;
  readonly bytes: number;
}

/**
 * Finds what killed processes left in the cache and beside published paths, without changing
 * anything.
 */
export function findLeftovers(
  root: string,
  store: LocalStore,
  now = Date.now(),
): readonly Leftover[] {
  return leftoverPaths(root, store, now).map((path) => ({ path, bytes: bytesIn(path) }));
}

/** Removes leftovers. Throws a `WriteError`. */
export async function removeLeftovers(leftovers: readonly Leftover[]): Promise<void> {
  for (const { path } of leftovers) {
    await rm(path, { recursive: true, force: true, maxRetries: 3 }).catch((error) => {
      throw writeError(`to ${path} while clearing it`, error);
    });
  }
}

/**
 * Removes what killed runs left. Without any, it only lists one folder. What cannot be removed is
 * left to `gc`.
 */
export async function clearAfterKilledRuns(
  root: string,
  store = new LocalStore(root),
): Promise<void> {
  if (store.killedRuns().length === 0) return;
  for (const path of leftoverPaths(root, store, Date.now())) {
    await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}

/**
 * The folders of killed runs come last: as long as one is there, the next run looks for the rest
 * again.
 */
function leftoverPaths(root: string, store: LocalStore, now: number): readonly string[] {
  const folders = new Set(
    new PublishedRecords(store.folder).all().map(({ path }) => join(root, dirname(path))),
  );
  const killed = store.killedRuns(now).map(({ work }) => work);
  return [
    ...halfWritten(store.folder, now),
    ...[...folders].flatMap((folder) => leftoversIn(folder)),
    ...abandonedViewNames(store.folder, killed),
    ...killed,
  ];
}

/** Temporary files of dead processes. Those of processes that cannot be asked count after a day. */
function halfWritten(cacheFolder: string, now: number): readonly string[] {
  const top = entriesIn(cacheFolder);
  const below = top
    .filter(({ name }) => !usersFolders.has(name))
    .flatMap(({ path }) => entriesIn(path));
  const all = [...top, ...below, ...below.flatMap(({ path }) => entriesIn(path))];
  return all.flatMap(({ name, path, touched }) => {
    const temporary = parseTemporaryName(name);
    return temporary !== undefined && (temporary.isDead || now - touched > day) ? [path] : [];
  });
}

/** Folders of the cache with names given by stages and users. */
const usersFolders: ReadonlySet<string> = new Set(['work', 'displaced', 'quarantine']);

function bytesIn(path: string): number {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 0;
  if (!stats.isDirectory()) return stats.size;
  return readdirSync(path).reduce((sum, name) => sum + bytesIn(join(path, name)), 0);
}
