import { randomBytes } from 'node:crypto';
import { posix } from 'node:path';
import { day } from '../../../day.ts';
import type { Digest } from '../../../digest.ts';
import { forEachOf } from '../../../for-each-of.ts';
import { parseTemporaryName } from '../../files/temporary-files.ts';
import { parseManifest } from '../runs/run-manifest.ts';
import { type Bucket, type StoredKey, storeText, UnreachableStore } from './buckets/bucket.ts';
import { isMarkKey, isOfDeleted, listMarks, type Mark, markKey } from './deletion-marks.ts';
import { isDataKey, parseResultKey, parseRunKey, referencesOf } from './envelope.ts';

export interface SharedGarbageOptions {
  /**
   * Results and runs that are younger stay, in milliseconds. So does the newest run of each
   * pipeline.
   */
  readonly keep: number;
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
}

const readers = 16;

/**
 * Frees a shared store while others may push. Old results are removed at once, and are misses from
 * then on. Bytes that nothing names are marked, and removed after a delay if still nothing names
 * them. A push sends marked bytes again under another name, also for another delay after their
 * removal: a second collection that began before may be about to delete them, too. Temporary files
 * that nobody has written to for the delay are removed as well: their pushes were killed. Files
 * that others put into the folder stay: only keys of our own forms are looked at.
 */
export async function collectShared(
  bucket: Bucket,
  { keep, delay = day, remove }: SharedGarbageOptions,
): Promise<SharedGarbage> {
  const id = randomBytes(8).toString('hex');
  const ownMark = markKey(id);
  await bucket.put(ownMark, Buffer.from('[]'));
  const marks = await listMarks(bucket);
  // The server's clock dates everything, this file too.
  const now = marks.find(({ at }) => at.key === ownMark)?.at.time;
  if (now === undefined) throw new UnreachableStore('it does not list what was just stored');
  const leftovers: string[] = [];
  const all = async (prefix: Folder): Promise<readonly StoredKey[]> => {
    const keys: StoredKey[] = [];
    for await (const stored of bucket.list(prefix)) {
      if (isOwn[prefix](stored.key)) keys.push(stored);
      else if (isTemporary(stored.key) && now - stored.time >= delay) leftovers.push(stored.key);
    }
    return keys;
  };
  const { results, runs, kept } = await sortEnvelopes(bucket, all, ({ time }) => now - time > keep);
  if (remove && results.length + runs.length > 0) {
    await forEachOf([...results, ...runs], readers, ({ key }) => bucket.delete(key));
    await bucket.put('store.json', Buffer.from(storeText(id)));
  }

  const named = await namedBy(bucket, kept);
  const old = marks.filter(({ at }) => at.key !== ownMark && now - at.time >= delay);
  const ripe = markedIn(old);
  const waiting = markedIn(marks.filter((mark) => !old.includes(mark)));
  const data = [...(await all('objects/')), ...(await all('packs/'))];
  const unnamed = data.filter(({ key }) => !named.has(key));
  const ending = unnamed.flatMap(({ key }) => (ripe.has(key) ? [key] : []));
  const fresh = unnamed.filter(({ key }) => !ripe.has(key) && !waiting.has(key));
  await all('garbage/'); // for its temporary files: the lists themselves are known
  if (remove) {
    await forEachOf([...ending, ...leftovers], readers, (key) => bucket.delete(key));
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
    runs: runs.length,
    deleted: ending.length + leftovers.length,
    marked: fresh.length,
    bytes,
  };
}

/** The folders of a store that gc clears, and the forms of the keys that Restage writes there. */
const isOwn = {
  'results/': (key: string) => parseResultKey(key) !== undefined,
  'runs/': (key: string) => parseRunKey(key) !== undefined,
  'objects/': isDataKey,
  'packs/': isDataKey,
  'garbage/': isMarkKey,
} as const;

type Folder = keyof typeof isOwn;

/** Whether a key is the temporary name of a push, where a push writes. */
function isTemporary(key: string): boolean {
  const folder =
    /^(?:garbage|(?:results|objects|packs)\/[0-9a-f]{2}|runs\/[^/]+-[0-9a-f]{12}\/[^/]+)$/;
  return folder.test(posix.dirname(key)) && parseTemporaryName(posix.basename(key)) !== undefined;
}

/**
 * Divides results and runs: `results` and `runs` are old and protected by no run that stays; the
 * others are `kept`.
 */
async function sortEnvelopes(
  bucket: Bucket,
  all: (prefix: Folder) => Promise<readonly StoredKey[]>,
  isOld: (stored: StoredKey) => boolean,
): Promise<Readonly<Record<'results' | 'runs' | 'kept', readonly StoredKey[]>>> {
  const allRuns = await all('runs/');
  const runs = allRuns.filter((run) => isOld(run) && !isNewest(run.key, allRuns));
  const staying = allRuns.filter((run) => !runs.includes(run));
  const roots = await rootsOf(bucket, staying);
  const allResults = await all('results/');
  const isRoot = ({ key }: StoredKey) => roots.has(parseResultKey(key)?.fingerprint as Digest);
  const results = allResults.filter((result) => isOld(result) && !isRoot(result));
  const going = new Set(results);
  return {
    results,
    runs,
    kept: [...allResults.filter((result) => !going.has(result)), ...staying],
  };
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
    for (const { result, signposts = [] } of Object.values(manifest?.stages ?? {})) {
      for (const digest of [result, ...signposts]) roots.add(digest);
    }
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
