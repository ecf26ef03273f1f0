import { randomBytes } from 'node:crypto';
import { posix } from 'node:path';
import { day } from '../../../day.ts';
import type { Digest } from '../../../digest.ts';
import { forEachOf } from '../../../for-each-of.ts';
import { parseTemporaryName } from '../../files/temporary-files.ts';
import { parseManifest, resultsOf } from '../runs/run-manifest.ts';
import {
  type Bucket,
  type StoredKey,
  storeText,
  type UnfinishedUpload,
  UnreachableStore,
} from './buckets/bucket.ts';
import { isMarkKey, isOfDeleted, listMarks, type Mark, markKey } from './deletion-marks.ts';
import { isDataKey, parseResultKey, parseRunKey, referencesOf } from './envelope.ts';
import { gatherUses, isUsesKey, type ResultUses, readUses } from './result-uses.ts';

export interface SharedGarbageOptions {
  /**
   * Results and runs that were stored or used within so many milliseconds stay. So does the newest
   * run of each pipeline.
   */
  readonly keep: number;
  /**
   * The least recently used results and runs go until the store has at most so many bytes, but for
   * those that were stored or used within the delay, and the newest run of each pipeline.
   */
  readonly keepSize?: number | undefined;
  /**
   * Milliseconds between marking unused bytes and removing them: far longer than a push trusts what
   * it has read.
   */
  readonly delay?: number;
  /** False: only says what would be removed. */
  readonly remove: boolean;
}

export interface SharedGarbage {
  readonly results: number;
  readonly runs: number;
  /** Keys that were deleted, which an earlier call had marked or a killed push had left. */
  readonly deleted: number;
  /** Keys that are marked from now on. */
  readonly marked: number;
  /** Bytes of the marked keys. */
  readonly bytes: number;
  /** Bytes of the results and runs that stay, and of what they name; present with `keepSize`. */
  readonly held?: number;
}

const readers = 16;

/**
 * Frees a shared store while others may push and read. Old results are removed at once, and are
 * misses from then on. Bytes that nothing names are marked, and removed after a delay if still
 * nothing names them. A push sends marked bytes again under another name, also for another delay
 * after their removal: a second collection that began before may be about to delete them, too.
 * Temporary files and uploads to which nobody has written for the delay are removed as well: their
 * pushes were killed. Files that others put into the folder stay: only keys of our own forms are
 * looked at.
 */
export async function collectShared(
  bucket: Bucket,
  { keep, keepSize, delay = day, remove }: SharedGarbageOptions,
): Promise<SharedGarbage> {
  const id = randomBytes(8).toString('hex');
  const ownMark = markKey(id);
  await bucket.put(ownMark, Buffer.from('[]'));
  const marks = await listMarks(bucket);
  // The server's clock dates everything, this file too.
  const now = marks.find(({ at }) => at.key === ownMark)?.at.time;
  if (now === undefined) throw new UnreachableStore('it does not list what was just stored');
  const leftovers = new Set<string>();
  const all = async (prefix: Folder): Promise<readonly StoredKey[]> => {
    const keys: StoredKey[] = [];
    for await (const stored of bucket.list(prefix)) {
      if (isOwn[prefix](stored.key)) keys.push(stored);
      else if (isTemporary(stored.key) && now - stored.time >= delay) leftovers.add(stored.key);
    }
    return keys;
  };
  const sorted = await sortEntries({ bucket, all, now, delay }, { keep, keepSize });
  const { uses, held } = sorted;
  const going = await stillOld({ bucket, all, now, delay }, sorted);
  const isGoing = new Set(going);
  const kept = sorted.entries.filter((entry) => !isGoing.has(entry));
  const results = going.filter(({ key }) => isResult(key));
  if (remove && going.length > 0) {
    await forEachOf(going, readers, ({ key }) => bucket.delete(key));
    await bucket.put('store.json', Buffer.from(storeText(id)));
  }
  if (remove) {
    const left = new Set(kept.map(({ key }) => parseResultKey(key)?.fingerprint));
    await gatherUses(bucket, uses, (digest) => left.has(digest));
  }

  const named = await namedBy(bucket, kept);
  const old = marks.filter(({ at }) => at.key !== ownMark && now - at.time >= delay);
  const ripe = markedIn(old);
  const waiting = markedIn(marks.filter((mark) => !old.includes(mark)));
  const data = [...(await all('objects/')), ...(await all('packs/'))];
  const unnamed = data.filter(({ key }) => !named.has(key));
  const ending = unnamed.flatMap(({ key }) => (ripe.has(key) ? [key] : []));
  const fresh = unnamed.filter(({ key }) => !ripe.has(key) && !waiting.has(key));
  const abandoned = await abandonedUploads({ bucket, all, now, delay });
  await all('garbage/'); // for its temporary files: the lists themselves are known
  if (remove) {
    await forEachOf([...ending, ...leftovers], readers, (key) => bucket.delete(key));
    for (const upload of abandoned) await upload.discard();
    if (ending.length > 0)
      await bucket.put(markKey(id, { deleted: true }), Buffer.from(JSON.stringify(ending)));
    for (const { at } of old) await bucket.delete(at.key);
  }
  if (remove && fresh.length > 0)
    await bucket.put(ownMark, Buffer.from(JSON.stringify(fresh.map(({ key }) => key))));
  else await bucket.delete(ownMark);
  const bytes = fresh.reduce((sum, { size }) => sum + size, 0);
  return {
    results: results.length,
    runs: going.length - results.length,
    deleted: ending.length + leftovers.size + abandoned.length,
    marked: fresh.length,
    bytes,
    ...(held !== undefined && { held }),
  };
}

/** The folders of a store that gc clears, and the forms of the keys that Restage writes there. */
const isOwn = {
  'results/': (key: string) => parseResultKey(key) !== undefined,
  'runs/': (key: string) => parseRunKey(key) !== undefined,
  'objects/': isDataKey,
  'packs/': isDataKey,
  'garbage/': isMarkKey,
  'uses/': isUsesKey,
} as const;

type Folder = keyof typeof isOwn;

/** Whether a key is the temporary name of a push, where a push writes. */
function isTemporary(key: string): boolean {
  const folder =
    /^(?:garbage|uses|(?:results|objects|packs)\/[0-9a-f]{2}|runs\/[^/]+-[0-9a-f]{12}\/[^/]+)$/;
  return folder.test(posix.dirname(key)) && parseTemporaryName(posix.basename(key)) !== undefined;
}

/** A store that is being collected: its lists, and its clock. Times are in milliseconds. */
interface Collection {
  readonly bucket: Bucket;
  readonly all: (prefix: Folder) => Promise<readonly StoredKey[]>;
  readonly now: number;
  readonly delay: number;
}

interface SortedEntries {
  /** All results and runs. */
  readonly entries: readonly StoredKey[];
  /** Those that are old, and protected by no run that stays. */
  readonly old: readonly StoredKey[];
  readonly uses: ResultUses;
  /** Bytes that stay, where a size is to be kept. */
  readonly held: number | undefined;
}

const isResult = (key: string): boolean => key.startsWith('results/');

/** When an entry was last stored or used. */
function lastUse({ key, time }: StoredKey, { at }: ResultUses): number {
  const fingerprint = parseResultKey(key)?.fingerprint;
  return Math.max(time, (fingerprint && at.get(fingerprint)) ?? 0);
}

async function sortEntries(
  { bucket, all, now, delay }: Collection,
  { keep, keepSize }: { readonly keep: number; readonly keepSize: number | undefined },
): Promise<SortedEntries> {
  const uses = await readUses(bucket, now);
  await all('uses/'); // for its temporary files
  const allRuns = await all('runs/');
  const age = (stored: StoredKey) => now - lastUse(stored, uses);
  const isFree = (run: StoredKey) => !isNewest(run.key, allRuns);
  const oldRuns = allRuns.filter((run) => age(run) > keep && isFree(run));
  const isOldRun = new Set(oldRuns);
  const staying = allRuns.filter((run) => !isOldRun.has(run));
  // Where a size is to be kept, older runs protect nothing: else no result of a run could go.
  const roots = await rootsOf(
    bucket,
    keepSize === undefined ? staying : allRuns.filter((run) => !isFree(run)),
  );
  const allResults = await all('results/');
  const isRoot = ({ key }: StoredKey) => roots.has(parseResultKey(key)?.fingerprint as Digest);
  const oldResults = allResults.filter((result) => age(result) > keep && !isRoot(result));
  const entries = [...allResults, ...allRuns];
  const old = new Set([...oldResults, ...oldRuns]);
  if (keepSize === undefined) return { entries, old: [...old], uses, held: undefined };
  const left = entries.filter((entry) => !old.has(entry));
  const isProtected = (entry: StoredKey) =>
    age(entry) < delay || (isResult(entry.key) ? isRoot(entry) : !isFree(entry));
  const inOrder = left.filter((entry) => !isProtected(entry)).sort((a, b) => age(b) - age(a));
  const sizes = new Map<string, number>();
  for (const folder of ['objects/', 'packs/'] as const)
    for (const { key, size } of await all(folder)) sizes.set(key, size);
  const { going, held } = await leastUsed(bucket, { left, inOrder, sizes }, keepSize);
  return { entries, old: [...old, ...going], uses, held };
}

interface Removable {
  /** What is in the store. */
  readonly left: readonly StoredKey[];
  /** Those of them that may go, the least recently used first. */
  readonly inOrder: readonly StoredKey[];
  /** Bytes of objects and packs, by key. */
  readonly sizes: ReadonlyMap<string, number>;
}

/**
 * The least recently used entries without which a store has at most `most` bytes, or all that may
 * go. Bytes count as long as an entry that stays names them: a pack goes with its last result.
 */
async function leastUsed(
  bucket: Bucket,
  { left, inOrder, sizes }: Removable,
  most: number,
): Promise<{ readonly going: readonly StoredKey[]; readonly held: number }> {
  const keysOf = new Map<StoredKey, readonly string[]>();
  await forEachOf(left, readers, async (entry) => {
    keysOf.set(entry, [...new Set(referencesOf(await bucket.get(entry.key))?.keys)]);
  });
  const users = new Map<string, number>();
  for (const keys of keysOf.values())
    for (const key of keys) users.set(key, (users.get(key) ?? 0) + 1);
  let held = left.reduce((sum, { size }) => sum + size, 0);
  for (const key of users.keys()) held += sizes.get(key) ?? 0;
  const going: StoredKey[] = [];
  for (const entry of inOrder) {
    if (held <= most) break;
    going.push(entry);
    held -= entry.size;
    for (const key of keysOf.get(entry)!) {
      const others = users.get(key)! - 1;
      users.set(key, others);
      if (others === 0) held -= sizes.get(key) ?? 0;
    }
  }
  return { going, held };
}

/**
 * Those entries that nobody has stored again or used since they were sorted: reading all others
 * takes a while.
 */
async function stillOld(
  { bucket, all, now }: Collection,
  { old, uses }: SortedEntries,
): Promise<readonly StoredKey[]> {
  if (old.length === 0) return [];
  const again = await readUses(bucket, now);
  const present = [...(await all('results/')), ...(await all('runs/'))];
  const isOld = new Map(old.map((entry) => [entry.key, lastUse(entry, uses)]));
  const stillThere = new Set(
    present.filter((entry) => isOld.get(entry.key) === lastUse(entry, again)).map(({ key }) => key),
  );
  return old.filter(({ key }) => stillThere.has(key));
}

/** Uploads of Restage's own keys to which nothing has come for the delay. */
async function abandonedUploads({
  bucket,
  now,
  delay,
}: Collection): Promise<readonly UnfinishedUpload[]> {
  const abandoned: UnfinishedUpload[] = [];
  for await (const upload of bucket.unfinished?.() ?? []) {
    if (isDataKey(upload.key) && now - upload.time >= delay) abandoned.push(upload);
  }
  return abandoned;
}

/** The keys that lists mark, without those of lists of what was deleted. */
const markedIn = (lists: readonly Mark[]) =>
  new Set(lists.flatMap((mark) => (isOfDeleted(mark) ? [] : mark.keys)));

/** Whether no run of the same pipeline has a later name. */
function isNewest(key: string, runs: readonly StoredKey[]): boolean {
  const [, folder] = /^(runs\/[^/]+\/)/.exec(key) ?? [];
  return !runs.some((run) => run.key.startsWith(folder!) && run.key > key);
}

/**
 * The results of the runs with the signposts to them, without a look at signatures: whoever may
 * write could delete as well.
 */
async function rootsOf(bucket: Bucket, runs: readonly StoredKey[]): Promise<ReadonlySet<Digest>> {
  const roots = new Set<Digest>();
  await forEachOf(runs, readers, async ({ key }) => {
    const manifest = parseManifest(referencesOf(await bucket.get(key))?.text ?? '');
    for (const digest of manifest === undefined ? [] : resultsOf(manifest)) roots.add(digest);
  });
  return roots;
}

/** The keys of bytes that any envelope names, whoever signed it. */
async function namedBy(
  bucket: Bucket,
  envelopes: readonly StoredKey[],
): Promise<ReadonlySet<string>> {
  const named = new Set<string>();
  await forEachOf(envelopes, readers, async ({ key }) => {
    for (const name of referencesOf(await bucket.get(key))?.keys ?? []) named.add(name);
  });
  return named;
}
