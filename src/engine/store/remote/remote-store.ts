import { setTimeout as delay } from 'node:timers/promises';
import PQueue from 'p-queue';
import { type Digest, sha256 } from '../../../digest.ts';
import type { Environment } from '../../../environment.ts';
import { forEachOf } from '../../../for-each-of.ts';
import { groupBy } from '../../../group-by.ts';
import { jsonOf } from '../../../json.ts';
import { UserError } from '../../../user-error.ts';
import { type RunManifest, resultsOf } from '../runs/run-manifest.ts';
import { hasRepository, parseResult, type StageResult } from '../stage-result.ts';
import {
  type Bucket,
  MissingStore,
  mostWhole,
  storeFormat,
  UnreachableStore,
} from './buckets/bucket.ts';
import {
  type Envelope,
  type EnvelopeKind,
  type Location,
  type Locations,
  openEnvelope,
  resultKey,
} from './envelope.ts';
import { type KeyId, keyIdOf, type SigningKey } from './keys.ts';
import type { ObjectLocation } from './known-damage.ts';
import { type RunEntries, unpackEntries } from './run-entries.ts';
import type { StoreSpec } from './store-file.ts';

/**
 * An object to fetch. `size` in bytes is the signed one; undefined for a log, whose size is not
 * signed.
 */
export interface WantedObject {
  readonly digest: Digest;
  readonly size: number | undefined;
}

/** A result for which a trusted key vouches, and where its objects lie. */
export interface FoundResult {
  readonly result: StageResult;
  readonly owner: KeyId;
  readonly locations: Locations;
}

/** A result with the signature of its owner. */
export interface SignedResult extends FoundResult, Envelope {}

/** How many requests fetch objects at once, which are held in memory. */
const readers = 16;
/**
 * A request fetches at most `chunk` bytes; between two objects of one request lie at most `gap`
 * other bytes.
 */
const chunk = 32 * 1024 ** 2;
const gap = 4096;
/**
 * A larger object comes in parts of so many bytes, so many at once: large enough for a distant
 * store, and small enough for memory that is used again.
 */
const part = 4 * 1024 ** 2;
const partsAhead = 8;
/** Milliseconds of one step of waiting for the first answer. */
const step = 100;

interface RemoteAddress {
  readonly url: string;
  /** The trusted public keys. */
  readonly keys: readonly string[];
}

/** Who opens a shared store. */
export interface StoreUser {
  /** The key with which results are signed; undefined for a user without one. */
  readonly key: SigningKey | undefined;
  /** Where credentials and proxies come from. */
  readonly env: Environment;
}

/**
 * A shared store. Everything read is verified by signatures and digests: what is missing, damaged
 * or not trusted counts as absent. Throws `UnreachableStore` and `RefusedRequest`.
 */
export class RemoteStore {
  readonly url: string;
  readonly bucket: Bucket;
  /** The trusted public keys, the user's own first. */
  readonly trusted: ReadonlyMap<KeyId, string>;
  /**
   * The user's key, if it is trusted, since nobody would read what another one signs; undefined for
   * a store that takes nothing.
   */
  readonly own: SigningKey | undefined;
  #connected: Promise<void> | undefined;
  readonly #queue: PQueue;
  readonly #warn: (message: string) => void;
  /** The last `store gc` that removed results, by the store's first answer; undefined for none. */
  collected: string | undefined;

  constructor(
    { url, keys }: RemoteAddress,
    bucket: Bucket,
    key: SigningKey | undefined,
    warn: (message: string) => void,
  ) {
    this.url = url;
    this.bucket = bucket;
    const isTrusted = key !== undefined && keys.includes(key.text);
    this.own = isTrusted && bucket.isReadOnly !== true ? key : undefined;
    const inOrder = this.own === undefined ? keys : [this.own.text, ...keys];
    this.trusted = new Map(inOrder.map((text) => [keyIdOf(text), text]));
    this.#queue = new PQueue({ concurrency: bucket.requests });
    this.#warn = warn;
  }

  static async open(
    spec: StoreSpec,
    { key, env }: StoreUser,
    warn: (message: string) => void = () => {},
  ): Promise<RemoteStore> {
    const { url, keys, address } = spec;
    const bucket = await address.open(spec, env);
    return new RemoteStore({ url, keys: Object.values(keys) }, bucket, key, warn);
  }

  /**
   * Asks the store for the first time, with limited patience. Throws a {@link MissingStore} if
   * there is none at the address, and another error for one of another version.
   */
  connect(): Promise<void> {
    this.#connected ??= this.#connect();
    return this.#connected;
  }

  async #connect(): Promise<void> {
    const answered = new AbortController();
    try {
      const text = await Promise.race([this.bucket.get('store.json'), this.#late(answered.signal)]);
      this.collected = this.#parseStore(text).collected;
    } finally {
      answered.abort();
    }
  }

  #parseStore(text: Buffer | undefined): { readonly collected?: string } {
    const mends = '`restage store verify --repair` writes it again';
    if (text === undefined) {
      const why = `look at "url" in store.yaml. If its store.json was lost, ${mends}`;
      throw new MissingStore(`There is no store at ${this.url}: ${why}`);
    }
    const state = jsonOf<StoreState>(`${text}`);
    if (state?.restage !== 'store' || !Number.isSafeInteger(state.format)) {
      throw new MissingStore(`The store.json of ${this.url} is damaged: ${mends}`);
    }
    if (state.format === storeFormat) return state;
    const remedy = 'make one beside it with `restage store init <another address>`';
    throw new UserError(`${this.url} is a store of another version of Restage: ${remedy}`);
  }

  /**
   * Throws after the patience, in short steps: a pause of this machine is no sign of a silent
   * store.
   */
  async #late(signal: AbortSignal): Promise<never> {
    for (let remaining = this.bucket.patience; remaining > 0; remaining -= step)
      await delay(step, undefined, { signal });
    throw new UnreachableStore(`no answer within ${this.bucket.patience / 1000} s`);
  }

  /** Runs a request as soon as there is room for it. */
  request<T>(act: (bucket: Bucket) => Promise<T>): Promise<T> {
    return this.#queue.add(() => act(this.bucket)) as Promise<T>;
  }

  /** The results of a fingerprint, by the order of the trusted keys. */
  async findResults(fingerprint: Digest): Promise<readonly SignedResult[]> {
    const all = [...this.trusted.keys()].map((owner) => this.readResult(fingerprint, owner));
    return (await Promise.all(all)).filter((entry) => entry !== undefined);
  }

  async readResult(fingerprint: Digest, owner: KeyId): Promise<SignedResult | undefined> {
    const envelope = await this.readEnvelope('result', resultKey(fingerprint, owner), owner);
    const result = envelope && this.parseResult(envelope.text, fingerprint);
    return result && { result, owner, ...envelope! };
  }

  /**
   * The texts of results of a run, which its signature covers by their digest; none if they are
   * lost. Warns of what no run needs, and gives none of it.
   */
  async readEntries(manifest: RunManifest, locations: Locations): Promise<RunEntries> {
    const { run, entries: digest } = manifest;
    const none: RunEntries = new Map();
    const location = digest && locations.get(digest);
    if (location === undefined || location.length > mostWhole) return none;
    const bytes = await this.request((bucket) => bucket.get(location.key, location));
    if (bytes === undefined || sha256(bytes) !== digest) return none;
    const entries = unpackEntries(bytes, new Set(resultsOf(manifest)));
    if (entries.ok) return entries.value;
    this.#warn(`the texts of results of ${run} in ${this.url} are ignored (${entries.error})`);
    return none;
  }

  /** A signed text, where it is a result that may be used here. Warns of what is wrong with it. */
  parseResult(text: string, fingerprint: Digest): StageResult | undefined {
    const result = this.#parse(text, fingerprint);
    if (result !== undefined && hasRepository(result)) {
      const why = 'an output holds a Git repository, which could run programs here';
      this.#warn(`a result in ${this.url} is ignored, since ${why}: ${fingerprint.slice(0, 12)}`);
      return undefined;
    }
    return result?.stored === true ? result : undefined;
  }

  #parse(text: string, fingerprint: Digest): StageResult | undefined {
    try {
      return parseResult(text, fingerprint);
    } catch (error) {
      const why = error instanceof SyntaxError ? 'it is not JSON' : (error as Error).message;
      this.#warn(`a result in ${this.url} is ignored (${why}): ${fingerprint.slice(0, 12)}`);
      return undefined;
    }
  }

  /** The envelope under a key, if its owner is trusted and signed it. */
  async readEnvelope(kind: EnvelopeKind, key: string, owner: KeyId): Promise<Envelope | undefined> {
    const publicKey = this.trusted.get(owner);
    const bytes = publicKey && (await this.request((bucket) => bucket.get(key)));
    if (!bytes) return undefined;
    const envelope = openEnvelope(kind, bytes, publicKey!);
    if (envelope === undefined)
      this.#warn(`${key} in ${this.url} lacks the signature of its key, and is ignored`);
    return envelope;
  }

  /**
   * Fetches objects, neighbours by one request. `store` verifies and keeps bytes, and tells whether
   * they are those of a digest. A chunk has its bytes until `store` asks for the next one. Returns
   * the objects that are gone or damaged.
   */
  async fetch(
    wanted: readonly WantedObject[],
    locate: (digest: Digest) => Location | undefined,
    store: (digest: Digest, chunks: Iterable<Buffer> | AsyncIterable<Buffer>) => Promise<boolean>,
  ): Promise<readonly Digest[]> {
    const lost: Digest[] = [];
    const located = wanted.flatMap(({ digest, size }) => {
      const location = locate(digest);
      const isPlaced =
        location !== undefined &&
        (size === undefined ? location.length <= chunk : size === location.length);
      if (!isPlaced) lost.push(digest);
      return isPlaced ? [{ digest, ...location }] : [];
    });
    const isGood = async (digest: Digest, chunks: Iterable<Buffer> | AsyncIterable<Buffer>) => {
      if (!(await store(digest, chunks))) lost.push(digest);
    };
    const fetchBatch = async (batch: readonly ObjectLocation[]) => {
      const first = batch[0]!;
      const last = batch.at(-1)!;
      if (first.length > chunk) return await isGood(first.digest, this.#parts(first));
      const range = { start: first.start, length: last.start + last.length - first.start };
      const bytes =
        range.length === 0
          ? Buffer.alloc(0)
          : await this.request((bucket) => bucket.get(first.key, range));
      for (const { digest, start, length } of batch) {
        const from = start - first.start;
        await isGood(digest, bytes === undefined ? [] : [bytes.subarray(from, from + length)]);
      }
    };
    await forEachOf(batches(located), readers, fetchBatch);
    return lost;
  }

  /**
   * The parts of a large object. Some are requested while those before are used. The memory of each
   * is used again once the next one is asked for: the collection of new memory for every part took
   * a seventh of the processor's time.
   */
  async *#parts({ key, start, length }: ObjectLocation): AsyncIterable<Buffer> {
    const memories: Buffer[] = [];
    const coming: Promise<Buffer | undefined>[] = [];
    let asked = 0;
    const ask = () => {
      const size = Math.min(part, length - asked);
      if (size <= 0) return;
      const index = (asked / part) % (partsAhead + 1); // one more is in use
      memories[index] ??= Buffer.allocUnsafeSlow(part);
      const memory = memories[index].subarray(0, size);
      const range = { start: start + asked, length: size, memory };
      const bytes = this.request((bucket) => bucket.get(key, range));
      bytes.catch(() => {}); // awaited when its turn comes, if it does
      coming.push(bytes);
      asked += size;
    };
    for (let count = 0; count < partsAhead; count += 1) ask();
    for (let from = 0; from < length; from += part) {
      const bytes = await coming.shift();
      // Anybody may write a location of any length.
      if (bytes === undefined || bytes.length < Math.min(part, length - from)) return;
      ask();
      yield bytes;
    }
  }

  async close(): Promise<void> {
    this.#queue.clear();
    await this.bucket.close();
  }
}

/** Groups objects by request: neighbours under one key, up to a number of bytes. */
function batches(objects: readonly ObjectLocation[]): readonly (readonly ObjectLocation[])[] {
  return [...groupBy(objects, ({ key }) => key).values()].flatMap((group) => {
    const all: ObjectLocation[][] = [];
    // An empty object begins where another one does. It comes before that one, so that the last of
    // a batch ends last.
    for (const object of [...group].sort((a, b) => a.start - b.start || a.length - b.length)) {
      const batch = all.at(-1);
      const last = batch?.at(-1);
      const isNear = last !== undefined && object.start - (last.start + last.length) <= gap;
      if (isNear && object.start + object.length - batch![0]!.start <= chunk) batch!.push(object);
      else all.push([object]);
    }
    return all;
  });
}

interface StoreState {
  readonly restage: string;
  readonly format: number;
  readonly collected?: string;
}
