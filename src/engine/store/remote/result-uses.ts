import { randomBytes } from 'node:crypto';
import { day } from '../../../day.ts';
import { type Digest, isDigest } from '../../../digest.ts';
import { forEachOf } from '../../../for-each-of.ts';
import { jsonOf } from '../../../json.ts';
import { readJson, writeJson } from '../../files/write-atomic.ts';
import { writing } from '../../files/write-error.ts';
import { type Bucket, RefusedRequest, type StoredKey } from './buckets/bucket.ts';
import type { Contact } from './contact.ts';
import type { RemoteStore } from './remote-store.ts';

/**
 * A file of a shared store that says which results were used. A run writes a list, which has the
 * time of its file. A collection gathers all lists in one file, which has a time for each result.
 */
type UsesFile = readonly Digest[] | Readonly<Record<Digest, number>>;

/** A list of uses that a run wrote, or the file of a collection. */
export const isUsesKey = (key: string): boolean => /^uses\/[0-9a-f]{16}\.json$/.test(key);

const newUsesKey = (): string => `uses/${randomBytes(8).toString('hex')}.json`;

/** When results were last used, by the server's clock, and the files that say so. */
export interface ResultUses {
  /** Milliseconds since the epoch. */
  readonly at: ReadonlyMap<Digest, number>;
  readonly files: readonly StoredKey[];
}

const readers = 16;

/**
 * Reads the uses that a store knows of. Anybody who may write may say anything here: a time lies at
 * most as late as `now`, and what has another form is left out.
 */
export async function readUses(bucket: Bucket, now: number): Promise<ResultUses> {
  let uses = await readOnce(bucket, now);
  // Another collection gathers them meanwhile: its file is there before the others go.
  for (let tries = 4; !uses.isWhole && tries > 0; tries -= 1) uses = await readOnce(bucket, now);
  return uses;
}

async function readOnce(
  bucket: Bucket,
  now: number,
): Promise<ResultUses & { readonly isWhole: boolean }> {
  const files: StoredKey[] = [];
  for await (const stored of bucket.list('uses/')) if (isUsesKey(stored.key)) files.push(stored);
  const at = new Map<Digest, number>();
  const note = (digest: string, time: unknown) => {
    if (!isDigest(digest) || typeof time !== 'number' || !Number.isFinite(time)) return;
    at.set(digest, Math.max(Math.min(time, now), at.get(digest) ?? 0));
  };
  let isWhole = true;
  await forEachOf(files, readers, async ({ key, time }) => {
    const bytes = await bucket.get(key);
    if (bytes === undefined) isWhole = false;
    const uses = jsonOf<UsesFile>(bytes?.toString() ?? '');
    if (Array.isArray(uses)) for (const digest of uses) note(String(digest), time);
    else for (const [digest, used] of Object.entries(uses ?? {})) note(digest, used);
  });
  return { at, files, isWhole };
}

/**
 * Puts the uses of results that are left into one file. The others go after it is there, so that a
 * kill loses none.
 */
export async function gatherUses(
  bucket: Bucket,
  { at, files }: ResultUses,
  isLeft: (digest: Digest) => boolean,
): Promise<void> {
  const left = [...at].filter(([digest]) => isLeft(digest));
  if (files.length < 2 && left.length === at.size) return;
  if (left.length > 0)
    await bucket.put(newUsesKey(), Buffer.from(JSON.stringify(Object.fromEntries(left))));
  await forEachOf(files, readers, ({ key }) => bucket.delete(key));
}

/** Milliseconds within which a further use of a result is not noted, and between two lists. */
const noted = 0.8 * day;
const pause = 600_000;

/**
 * The uses of results that a run tells a shared store: those that the store has and that a stage
 * took, each at most about once a day. They go up at the end of a run, and every ten minutes.
 */
export class UseNotes {
  readonly #remote: RemoteStore;
  readonly #contact: Contact;
  readonly #file: string;
  readonly #waiting = new Set<Digest>();
  #told: Map<string, number> | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** `file` is in the cache: when uses were last told. */
  constructor(remote: RemoteStore, contact: Contact, file: string) {
    this.#remote = remote;
    this.#contact = contact;
    this.#file = file;
  }

  note(digest: Digest): void {
    if (this.#remote.own === undefined) return;
    const told = this.#readTold().get(digest) ?? 0;
    if (Date.now() - told < noted && told <= Date.now()) return;
    this.#waiting.add(digest);
    const send = () => void this.send().catch(() => {}); // `send` at the end throws it
    this.#timer ??= setInterval(send, pause).unref();
  }

  #readTold(): Map<string, number> {
    this.#told ??= new Map(Object.entries(readJson<Record<string, number>>(this.#file) ?? {}));
    return this.#told;
  }

  /** Tells the store what waits. A store that takes nothing, or fails, is not told. */
  async send(): Promise<void> {
    const digests = [...this.#waiting];
    if (digests.length === 0) return;
    this.#waiting.clear();
    const isTold = await this.#contact.whileOpen(() => this.#tell(digests));
    if (isTold !== true) return;
    const now = Date.now();
    const recent = [...this.#readTold()].filter(([, time]) => now - time < noted);
    this.#told = new Map([...recent, ...digests.map((digest) => [digest, now] as const)]);
    const told = Object.fromEntries(this.#told);
    writing(`to ${this.#file}`, () => writeJson(this.#file, told));
  }

  async #tell(digests: readonly Digest[]): Promise<boolean> {
    try {
      const bytes = Buffer.from(JSON.stringify(digests));
      await this.#remote.request((bucket) => bucket.put(newUsesKey(), bytes));
      return true;
    } catch (error) {
      if (error instanceof RefusedRequest) return false;
      throw error;
    }
  }

  /** Tells nothing more by itself. */
  close(): void {
    clearInterval(this.#timer);
  }
}
