import { rmSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { day } from '../../day.ts';
import { type Digest, isDigest } from '../../digest.ts';
import { type CacheFolder, inCache } from '../files/cache-paths.ts';
import { type Entry, entriesIn, filesIn, touchedAt } from '../files/entries-in.ts';
import { parseTemporaryName } from '../files/temporary-files.ts';
import { writing } from '../files/write-error.ts';
import { pointsEnding } from './checkpoint-points.ts';
import { isHeld } from './lease.ts';
import type { LocalStore } from './local-store.ts';
import { readPiece } from './piece-files.ts';
import { isSignpost, objectsOf, type StageResult, signpostsOf } from './stage-result.ts';

/** How late changes by a run on another host may be seen here, in milliseconds. */
const lag = 10 * 60_000;

/** What may be about to use the store, besides runs. */
interface OtherUsers {
  /** Whether a job that a run left may be under way. By default none is. */
  readonly hasOpenJobs?: () => boolean;
}

export interface GarbageOptions extends OtherUsers {
  /** Results used within this many milliseconds stay. */
  readonly keep: number;
  /**
   * Target size of the objects in bytes: least recently used results are removed first, never
   * protected ones; then checkpoints.
   */
  readonly maxBytes?: number;
  /** Whether the pipeline of a name still exists; otherwise its last results are not protected. */
  readonly exists?: (pipeline: string) => boolean;
  /** Milliseconds since the epoch. */
  readonly now?: number;
}

/**
 * Why a result is protected: it is a stage's last result, a living run may use it, or it waits to
 * be shared.
 */
type Protection = 'last' | 'running' | 'unsent';

/** Why bytes stay. */
export type Hold = Protection | 'recent' | 'young' | 'pieces' | 'checkpoints';

export interface Garbage {
  readonly results: readonly { readonly digest: Digest; readonly lastUsed: number }[];
  /** Paths. */
  readonly objects: readonly string[];
  readonly checkpoints: readonly string[];
  /**
   * Leases of dead processes, files that were set aside, old runs' logs and memories, old builds.
   */
  readonly remains: readonly string[];
  readonly bytes: number;
  readonly keptBytes: number;
  /** Kept bytes by reason. An object with several reasons counts for the first one. */
  readonly held: Readonly<Record<Hold, number>>;
  readonly now: number;
}

interface KnownResult {
  readonly result: StageResult;
  readonly lastUsed: number;
  /** Absent where only its last use decides. */
  readonly protection?: Protection;
}

/**
 * Finds what nothing needs. While a run may be under way, unnamed objects stay for a day: the run
 * may be about to record them.
 */
export function findGarbage(store: LocalStore, options: GarbageOptions): Garbage {
  const now = options.now ?? Date.now();
  const results = knownResults(store, options);
  const objects = filesIn(inCache(store.folder, 'objects')).filter(({ name }) => isDigest(name));
  const sizes = new Map(objects.map(({ name, size }) => [name, size]));
  const kept = keepResults(results, sizes, options, now);
  const ofResults = new Set([...kept].flatMap(({ result }) => objectsOf(result)));
  const pieces = sortPieces(store.folder, options, { ofResults, sizes, now });
  const needed = new Set([...ofResults, ...pieces.objects]);
  const youth = youthOf(store, options);
  const unneeded = objects.filter(({ name }) => !needed.has(name as Digest));
  const going = unneeded.filter(({ touched }) => now - touched > youth);
  const young = unneeded.filter(({ touched }) => now - touched <= youth);
  const keptObjects = sum(objects.map(({ size }) => size)) - sum(going.map(({ size }) => size));
  const room = (options.maxBytes ?? Number.POSITIVE_INFINITY) - keptObjects;
  const checkpoints = sortCheckpoints(store.folder, { keep: options.keep, room, now });
  return {
    results: results
      .filter((known) => !kept.has(known))
      .map(({ result, lastUsed }) => ({ digest: result.digest, lastUsed })),
    objects: going.map(({ path }) => path),
    checkpoints: checkpoints.going.map(({ path }) => path),
    remains: [...pieces.going.map(({ path }) => path), ...findRemains(store, options, now)],
    bytes: sum([...going, ...checkpoints.going].map(({ size }) => size)),
    keptBytes: keptObjects + checkpoints.keptBytes,
    held: {
      ...heldBytes(kept, sizes),
      young: sum(young.map(({ size }) => size)),
      pieces: pieces.keptBytes,
      checkpoints: checkpoints.keptBytes,
    },
    now,
  };
}

/**
 * How long an object without a result stays, in milliseconds, for a run or job that may be about to
 * record one.
 */
function youthOf(store: LocalStore, { hasOpenJobs = () => false }: OtherUsers): number {
  return store.isBusy() || hasOpenJobs() ? day : lag;
}

/**
 * Removes what was found: results first, so that none is left without its objects. Throws a
 * `WriteError`.
 */
export function removeGarbage(store: LocalStore, garbage: Garbage, users: OtherUsers = {}): void {
  writing(`to ${store.folder} while clearing it`, () => {
    for (const { digest, lastUsed } of garbage.results) {
      const path = store.resultPath(digest);
      if ((statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) <= lastUsed)
        rmSync(path, { force: true });
    }
    for (const path of [...garbage.objects, ...garbage.checkpoints]) {
      const stats = statSync(path, { throwIfNoEntry: false });
      // A run that needs it again may have touched it, or just have begun.
      if (stats !== undefined && garbage.now - touchedAt(stats) > youthOf(store, users))
        rmSync(path, { force: true });
    }
    const leases = inCache(store.folder, 'leases');
    for (const path of garbage.remains) {
      if (dirname(path) === leases && isHeld(path)) continue; // taken meanwhile
      rmSync(path, { recursive: true, force: true });
    }
  });
}

function knownResults(
  store: LocalStore,
  { exists = () => true }: GarbageOptions,
): readonly KnownResult[] {
  const ofPipelines = store.allLatest().filter(({ pipeline }) => exists(pipeline));
  const last = new Set(ofPipelines.map(({ result }) => result));
  const unsent = new Set(filesIn(inCache(store.folder, 'outbox')).map(({ name }) => name));
  const living = store.runs().filter((run) => run.isLiving());
  // A use is dated only once a day, hence the day before the first run began.
  const since = Math.min(...living.map((run) => run.startedAt())) - day;
  const protectionOf = (digest: Digest, used: number) => {
    if (last.has(digest)) return 'last';
    if (used >= since) return 'running';
    return unsent.has(digest) ? 'unsent' : undefined;
  };
  return filesIn(inCache(store.folder, 'results')).flatMap(({ name, used }) => {
    const digest = name.replace(/\.json$/, '');
    const result = isDigest(digest) ? store.readResult(digest) : undefined;
    if (result === undefined) return [];
    const protection = protectionOf(result.digest, used);
    return [{ result, lastUsed: used, ...(protection !== undefined && { protection }) } as const];
  });
}

function heldBytes(kept: ReadonlySet<KnownResult>, sizes: ReadonlyMap<string, number>) {
  const held = { last: 0, running: 0, unsent: 0, recent: 0 };
  const counted = new Set<Digest>();
  for (const reason of ['last', 'running', 'unsent', 'recent'] as const) {
    for (const { result, protection = 'recent' } of kept) {
      if (protection !== reason) continue;
      for (const object of objectsOf(result)) {
        if (!counted.has(object)) held[reason] += sizes.get(object) ?? 0;
        counted.add(object);
      }
    }
  }
  return held;
}

/**
 * The results that stay: protected ones, then the most recently used, while they are young enough
 * and fit.
 */
function keepResults(
  results: readonly KnownResult[],
  sizes: ReadonlyMap<string, number>,
  { keep, maxBytes = Number.POSITIVE_INFINITY }: GarbageOptions,
  now: number,
): ReadonlySet<KnownResult> {
  const kept = new Set<KnownResult>();
  const counted = new Set<string>();
  let bytes = 0;
  const isProtected = ({ protection }: KnownResult) => Number(protection !== undefined);
  const signposts = results.filter(({ result }) => isSignpost(result));
  const others = results.filter(({ result }) => !isSignpost(result));
  for (const known of others.toSorted(
    (a, b) => isProtected(b) - isProtected(a) || b.lastUsed - a.lastUsed,
  )) {
    const fresh = objectsOf(known.result).filter((object) => !counted.has(object));
    const more = sum([...new Set(fresh)].map((object) => sizes.get(object) ?? 0));
    // All further are older.
    if (known.protection === undefined && (now - known.lastUsed > keep || bytes + more > maxBytes))
      break;
    for (const object of fresh) counted.add(object);
    bytes += more;
    kept.add(known);
  }
  const led = new Set(
    [...kept].flatMap(({ result }) => signpostsOf(result).map(({ digest }) => digest)),
  );
  for (const known of signposts) if (led.has(known.result.digest)) kept.add(known);
  return kept;
}

/** What is known of the objects when pieces are sorted. */
interface KnownObjects {
  /** Those that stay for results. */
  readonly ofResults: ReadonlySet<Digest>;
  readonly sizes: ReadonlyMap<string, number>;
  readonly now: number;
}

/**
 * Finds the pieces to remove: those that were not used within `keep`, or whose objects are lost or
 * do not fit beside those of results. `objects` are those of the others; `keptBytes` counts what
 * only pieces hold.
 */
function sortPieces(
  cache: string,
  { keep, maxBytes = Number.POSITIVE_INFINITY }: GarbageOptions,
  { ofResults, sizes, now }: KnownObjects,
) {
  const going: Entry[] = [];
  const objects = new Set<Digest>();
  let keptBytes = 0;
  let bytes = sum([...ofResults].map((object) => sizes.get(object) ?? 0));
  const pieces = filesIn(inCache(cache, 'pieces')).filter(({ name }) => isDigest(name));
  for (const piece of pieces.toSorted((a, b) => b.touched - a.touched)) {
    const record = readPiece(piece.path);
    const object = record?.object;
    const isHeld = object === undefined || ofResults.has(object) || objects.has(object);
    const more = isHeld ? 0 : sizes.get(object);
    const isSound = record !== undefined && more !== undefined;
    if (!isSound || now - piece.touched > keep || bytes + more > maxBytes) {
      going.push(piece);
      continue;
    }
    if (object !== undefined) objects.add(object);
    bytes += more;
    keptBytes += more;
  }
  return { going, objects, keptBytes };
}

/**
 * Finds the checkpoints to remove: those that were not used within `keep` or do not fit. Keeps all
 * of the last day.
 */
function sortCheckpoints(
  cache: string,
  { keep, room, now }: { readonly keep: number; readonly room: number; readonly now: number },
): { readonly going: readonly Entry[]; readonly keptBytes: number } {
  const going: Entry[] = [];
  let keptBytes = 0;
  const isOurs = ({ name }: Entry) => isDigest(basename(name, pointsEnding));
  const checkpoints = filesIn(inCache(cache, 'checkpoints')).filter(isOurs);
  for (const checkpoint of checkpoints.toSorted((a, b) => b.touched - a.touched)) {
    const age = now - checkpoint.touched;
    if (age > day && (age > keep || keptBytes + checkpoint.size > room)) going.push(checkpoint);
    else keptBytes += checkpoint.size;
  }
  return { going, keptBytes };
}

function findRemains(store: LocalStore, { keep }: GarbageOptions, now: number): readonly string[] {
  const living = new Set(store.runs().flatMap((run) => (run.isLiving() ? [run.id] : [])));
  const inFolder = (folder: CacheFolder) => entriesIn(inCache(store.folder, folder));
  const isUnused = ({ touched }: Entry, age = keep): boolean => now - touched > age;
  const isTemporary = ({ name }: Entry): boolean => parseTemporaryName(name) !== undefined;
  return [
    ...inFolder('leases').filter((entry) => !isTemporary(entry) && !isHeld(entry.path)),
    ...inFolder('quarantine').filter((entry) => isUnused(entry)),
    // What a download left that nobody resumed.
    ...inFolder('downloads').filter(
      (entry) => entry.name.endsWith('.part') && isUnused(entry, Math.max(keep, day)),
    ),
    ...inFolder('runs')
      .filter((entry) => !living.has(entry.name) && isUnused(entry))
      .flatMap(remainsOfRun),
    ...inFolder('memory').filter((entry) => !isTemporary(entry) && isUnused(entry)),
    ...inFolder('listings').filter((entry) => isUnused(entry)),
    // Every command that loads kinds builds them again; a living run has loaded its own, however
    // long ago.
    ...(living.size > 0 ? [] : inFolder('kinds').filter((entry) => isUnused(entry))),
    ...(living.size > 0 ? [] : inFolder('environments').filter((entry) => isUnused(entry))),
  ].map(({ path }) => path);
}

/** The logs of an old run. The record with its numbers is small and stays as the history. */
function remainsOfRun(run: Entry): readonly { readonly path: string }[] {
  const inside = entriesIn(run.path);
  if (!inside.some(({ name }) => name === 'run.json')) return [run];
  return inside.filter(({ name }) => name !== 'run.json' && name !== 'process.json');
}

const sum = (numbers: readonly number[]): number =>
  numbers.reduce((total, number) => total + number, 0);
