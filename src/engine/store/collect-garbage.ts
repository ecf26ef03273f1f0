import { rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Digest, isDigest } from '../../digest.ts';
import { type Entry, entriesIn, filesIn, touchedAt } from '../files/entries-in.ts';
import { parseTemporaryName } from '../files/write-atomic.ts';
import { writeError } from '../files/write-error.ts';
import { sortCheckpoints } from './checkpoint-garbage.ts';
import type { FolderStore } from './folder-store.ts';
import { allLatest } from './latest.ts';
import { isHeld } from './lease-folder.ts';
import type { StageResult } from './stage-result.ts';

const day = 86_400_000;
/** How long it may take until what a run on another host did is seen here. */
const lag = 10 * 60_000;

export interface GarbageOptions {
  /** Results used within this many milliseconds stay. */
  readonly keep: number;
  /** Then, results go by least recent use until the objects fit in this many bytes, but for what is rooted; and checkpoints that find no room beside them. */
  readonly maxBytes?: number;
  /** Whether a pipeline still exists, by name; the last results of one that does not are no roots. */
  readonly exists?: (pipeline: string) => boolean;
  /** Whether what was displaced from published paths goes as well; it is the user's, and stays if not asked for. */
  readonly displaced?: boolean;
  /** Milliseconds since the epoch. */
  readonly now?: number;
}

/**
 * Why objects stay: a pin, a stage's last result (so a frozen one's), a living run, a recent use, or being too young. And
 * that checkpoints of late stay.
 */
export type Hold = 'pinned' | 'last' | 'running' | 'recent' | 'young' | 'checkpoints';

/** What may go. */
export interface Garbage {
  readonly results: readonly { readonly digest: Digest; readonly kind: string; readonly lastUsed: number }[];
  readonly objects: readonly { readonly path: string; readonly bytes: number }[];
  readonly checkpoints: readonly { readonly path: string; readonly bytes: number }[];
  /** Leases of dead processes, what was set aside, old runs' logs and memories, old builds. */
  readonly remains: readonly string[];
  /** Of the objects and checkpoints. */
  readonly bytes: number;
  /** What those that stay take. */
  readonly keptBytes: number;
  /** Of those, what each reason holds; an object that several hold is counted for the first of them. */
  readonly held: Readonly<Record<Hold, number>>;
  readonly now: number;
}

interface KnownResult {
  readonly result: StageResult;
  readonly lastUsed: number;
  /** Absent where only its last use decides. */
  readonly root?: 'pinned' | 'last' | 'running';
}

/**
 * Finds what nothing needs any more, and changes nothing. Roots are pins, the last results of stages (so of frozen ones),
 * and what living runs used; beside them stays what was used within `keep`. Evaluates no YAML. Objects go only if no
 * result that stays names them and, while a run may be under way, nobody touched them for a day: it may have stored them
 * and not yet its result.
 */
export function findGarbage(cache: FolderStore, options: GarbageOptions): Garbage {
  const now = options.now ?? Date.now();
  const results = knownResults(cache, options);
  const objects = filesIn(join(cache.folder, 'objects')).filter(({ name }) => isDigest(name));
  const sizes = new Map(objects.map(({ name, size }) => [name, size]));
  const kept = keepResults(results, sizes, options, now);
  const needed = new Set([...kept].flatMap(({ result }) => objectsOf(result)));
  const youth = youthOf(cache);
  const unneeded = objects.filter(({ name }) => !needed.has(name as Digest));
  const going = unneeded.filter(({ touched }) => now - touched > youth);
  const young = unneeded.filter(({ touched }) => now - touched <= youth);
  const keptObjects = sum(objects.map(({ size }) => size)) - sum(going.map(({ size }) => size));
  const room = (options.maxBytes ?? Number.POSITIVE_INFINITY) - keptObjects;
  const checkpoints = sortCheckpoints(cache.folder, { keep: options.keep, room, now });
  return {
    results: results
      .filter((known) => !kept.has(known))
      .map(({ result, lastUsed }) => ({ digest: result.digest, kind: result.fingerprint.kind, lastUsed })),
    objects: going.map(({ path, size }) => ({ path, bytes: size })),
    checkpoints: checkpoints.going.map(({ path, size }) => ({ path, bytes: size })),
    remains: findRemains(cache, options, now),
    bytes: sum([...going, ...checkpoints.going].map(({ size }) => size)),
    keptBytes: keptObjects + checkpoints.keptBytes,
    held: {
      ...heldBytes(kept, sizes),
      young: sum(young.map(({ size }) => size)),
      checkpoints: checkpoints.keptBytes,
    },
    now,
  };
}

/** How long an object that no result names is kept for a run that may be about to name it. */
const youthOf = (cache: FolderStore): number => (cache.isBusy() ? day : lag);

/** Removes what was found: results first, so that none is left without its objects. Throws a `WriteError`. */
export function removeGarbage(cache: FolderStore, garbage: Garbage): void {
  try {
    for (const { digest, lastUsed } of garbage.results) {
      const path = cache.resultPath(digest);
      if ((statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) <= lastUsed) rmSync(path, { force: true });
    }
    for (const { path } of [...garbage.objects, ...garbage.checkpoints]) {
      const stats = statSync(path, { throwIfNoEntry: false });
      // A run that wants it again has touched it meanwhile, or just begun.
      if (stats !== undefined && garbage.now - touchedAt(stats) > youthOf(cache)) rmSync(path, { force: true });
    }
    const leases = join(cache.folder, 'leases');
    for (const path of garbage.remains) {
      if (dirname(path) === leases && isHeld(path)) continue; // taken meanwhile
      rmSync(path, { recursive: true, force: true });
    }
  } catch (error) {
    throw writeError(`to ${cache.folder} while clearing it`, error);
  }
}

function knownResults(cache: FolderStore, { exists = () => true }: GarbageOptions): readonly KnownResult[] {
  const pinned = new Set(cache.pins());
  const last = new Set(
    allLatest(cache.folder)
      .filter(({ pipeline }) => exists(pipeline))
      .map(({ result }) => result),
  );
  const living = cache.runs().filter((run) => run.isLiving());
  // A use is dated at most once a day, hence the day before its beginning.
  const since = Math.min(...living.map((run) => run.startedAt())) - day;
  return filesIn(join(cache.folder, 'results')).flatMap(({ name, used }) => {
    const digest = name.replace(/\.json$/, '');
    const result = isDigest(digest) ? cache.readResult(digest) : undefined;
    if (result === undefined) return [];
    const root = pinned.has(result.digest)
      ? 'pinned'
      : last.has(result.digest)
        ? 'last'
        : used >= since
          ? 'running'
          : undefined;
    return [{ result, lastUsed: used, ...(root !== undefined && { root }) }];
  });
}

/** What the kept results hold of the objects, by the reason that keeps them. */
function heldBytes(
  kept: ReadonlySet<KnownResult>,
  sizes: ReadonlyMap<string, number>,
): Readonly<Record<'pinned' | 'last' | 'running' | 'recent', number>> {
  const held = { pinned: 0, last: 0, running: 0, recent: 0 };
  const counted = new Set<Digest>();
  for (const reason of ['pinned', 'last', 'running', 'recent'] as const) {
    for (const { result, root = 'recent' } of kept) {
      if (root !== reason) continue;
      for (const object of objectsOf(result)) {
        if (!counted.has(object)) held[reason] += sizes.get(object) ?? 0;
        counted.add(object);
      }
    }
  }
  return held;
}

/** The results that stay: the rooted, then by last use, the recent first, while they are young enough and fit. */
function keepResults(
  results: readonly KnownResult[],
  sizes: ReadonlyMap<string, number>,
  { keep, maxBytes = Number.POSITIVE_INFINITY }: GarbageOptions,
  now: number,
): ReadonlySet<KnownResult> {
  const kept = new Set<KnownResult>();
  const counted = new Set<string>();
  let bytes = 0;
  const order = [...results].sort(
    (a, b) => Number(b.root !== undefined) - Number(a.root !== undefined) || b.lastUsed - a.lastUsed,
  );
  for (const known of order) {
    const fresh = objectsOf(known.result).filter((object) => !counted.has(object));
    const more = sum([...new Set(fresh)].map((object) => sizes.get(object) ?? 0));
    if (known.root === undefined && (now - known.lastUsed > keep || bytes + more > maxBytes)) break; // all further are older
    for (const object of fresh) counted.add(object);
    bytes += more;
    kept.add(known);
  }
  return kept;
}

/** All objects that a result names. */
export function objectsOf(result: StageResult): readonly Digest[] {
  const { log } = result.record;
  const files = result.stored ? Object.values(result.outputs).flatMap((artifact) => artifact.files) : [];
  return [...files.map(({ digest }) => digest), ...(log === undefined ? [] : [log])];
}

function findRemains(cache: FolderStore, { keep, displaced = false }: GarbageOptions, now: number): readonly string[] {
  const living = new Set(cache.runs().flatMap((run) => (run.isLiving() ? [run.id] : [])));
  const old = (entry: { readonly touched: number }, age: number): boolean => now - entry.touched > age;
  const isTemporary = (entry: Entry): boolean => parseTemporaryName(entry.name) !== undefined;
  const leases = entriesIn(join(cache.folder, 'leases')).filter((entry) => !isTemporary(entry) && !isHeld(entry.path));
  const aside = entriesIn(join(cache.folder, 'quarantine')).filter((entry) => old(entry, keep));
  // What a download left where nobody went on with it.
  const parts = entriesIn(join(cache.folder, 'downloads')).filter(
    (entry) => entry.name.endsWith('.part') && old(entry, Math.max(keep, day)),
  );
  const runs = entriesIn(join(cache.folder, 'runs'))
    .filter((entry) => !living.has(entry.name) && old(entry, keep))
    .flatMap(remainsOfRun);
  const memories = entriesIn(join(cache.folder, 'memory')).filter((entry) => !isTemporary(entry) && old(entry, keep));
  const listings = entriesIn(join(cache.folder, 'listings')).filter((entry) => old(entry, keep));
  // Built anew by every command that loads them; a run that still goes on has loaded its own, however long ago.
  const kinds = living.size > 0 ? [] : entriesIn(join(cache.folder, 'kinds')).filter((entry) => old(entry, keep));
  const kept = displaced ? entriesIn(join(cache.folder, 'displaced')) : [];
  return [...leases, ...aside, ...parts, ...runs, ...memories, ...listings, ...kinds, ...kept].map(({ path }) => path);
}

/**
 * The logs of an old run; a result keeps the one that it came with as an object. The record of how it ended, with its
 * numbers, is small and stays: it is the history.
 */
function remainsOfRun(run: Entry): readonly { readonly path: string }[] {
  const inside = entriesIn(run.path);
  if (!inside.some(({ name }) => name === 'run.json')) return [run];
  return inside.filter(({ name }) => name !== 'run.json' && name !== 'process.json');
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
