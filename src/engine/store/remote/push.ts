import { randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { type Digest, sha256 } from '../../../digest.ts';
import { hashFile } from '../../files/hash-file.ts';
import type { Bucket, FileBody } from './bucket.ts';
import {
  dataKeyOf,
  type EnvelopeKind,
  formatEnvelope,
  type Location,
  type Locations,
  sealEnvelope,
} from './envelope.ts';
import type { SigningKey } from './keys.ts';
import { readMarks } from './marks.ts';

/** A signed text that is to be in the store, with the objects that it names. */
export interface Parcel {
  readonly kind: EnvelopeKind;
  readonly key: string;
  readonly text: string;
  readonly objects: readonly ParcelObject[];
  /** Called when all of it is there. */
  readonly onSent: (locations: Locations) => void;
}

export interface ParcelObject {
  readonly digest: Digest;
  readonly path: string;
}

export interface PushOptions {
  readonly bucket: Bucket;
  readonly request: <T>(act: (bucket: Bucket) => Promise<T>) => Promise<T>;
  readonly key: SigningKey;
  /** Where objects lie already, as far as is known. What is sent is added. */
  readonly placed: Map<Digest, Location>;
  readonly onProgress?: (bytes: number) => void;
  readonly signal?: AbortSignal;
}

/** Smaller objects go into packs, in bytes. */
const small = 1024 ** 2;
const packSize = 32 * 1024 ** 2;
/** Milliseconds for which an answer about what is there is believed. Much less than the least delay of `store gc`. */
const trust = 60_000;

/**
 * Sends parcels: large objects by themselves, small ones in packs, then the signed texts of what is complete. Every name follows
 * from content, so a push that was killed finds what it sent.
 */
export class Push {
  readonly #options: PushOptions;
  readonly #waiting: Parcel[] = [];
  readonly #inPack = new Map<Digest, Buffer>();
  #packBytes = 0;
  /** When each key was last seen in the store. */
  readonly #seen = new Map<string, number>();
  #marks: ReadonlySet<string> = new Set();
  #marksReadAt = Number.NEGATIVE_INFINITY;
  /** Parcels that could not be sent, since some of their objects are lost or damaged here. */
  readonly failed: Parcel[] = [];

  constructor(options: PushOptions) {
    this.#options = options;
  }

  /** Sends parcels in order. An interrupt leaves those out that are not complete. */
  async send(parcels: Iterable<Parcel>): Promise<void> {
    for (const parcel of parcels) {
      if (this.#options.signal?.aborted === true) return;
      if (this.#packBytes > 0 && this.#packBytes + this.#packedBytes(parcel) > packSize) await this.#flush();
      if (!(await this.#addAll(parcel))) {
        this.failed.push(parcel);
        continue;
      }
      this.#waiting.push(parcel);
      if (this.#packBytes === 0) await this.#flush();
    }
    await this.#flush();
  }

  /** Bytes that a parcel may add to the pack. One begins with a parcel, so that the next push makes the same ones again. */
  #packedBytes({ objects }: Parcel): number {
    const sizes = objects.map(({ digest, path }) => {
      const isKnown = this.#inPack.has(digest) || this.#options.placed.has(digest);
      return isKnown ? 0 : (statSync(path, { throwIfNoEntry: false })?.size ?? 0);
    });
    return sizes.reduce((sum, size) => sum + (size < small ? size : 0), 0);
  }

  async #addAll(parcel: Parcel): Promise<boolean> {
    for (const object of parcel.objects) {
      if (this.#inPack.has(object.digest)) continue;
      if ((await this.#isThere(object.digest)) || (await this.#add(object))) continue;
      return false;
    }
    return true;
  }

  /** Whether an object is in the store, and not about to be deleted. */
  async #isThere(digest: Digest): Promise<boolean> {
    const location = this.#options.placed.get(digest);
    if (location === undefined) return false;
    const { key, start, length } = location;
    await this.#readMarks();
    if (!this.#marks.has(key)) {
      if (Date.now() - (this.#seen.get(key) ?? 0) < trust) return true;
      if (((await this.#options.request((bucket) => bucket.head(key))) ?? 0) >= start + length) {
        this.#seen.set(key, Date.now());
        return true;
      }
    }
    this.#options.placed.delete(digest);
    return false;
  }

  /** Sends a large object, or puts a small one into the pack. False for one that is not what it is called. */
  async #add({ digest, path }: ParcelObject): Promise<boolean> {
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    if (size === undefined) return false;
    if (size < small) {
      const bytes = readFileSync(path);
      if (sha256(bytes) !== digest) return false;
      if (this.#packBytes + size > packSize) await this.#flush();
      this.#inPack.set(digest, bytes);
      this.#packBytes += size;
      return true;
    }
    if ((await hashFile(path, size)) !== digest) return false;
    const key = await this.#put('objects', { path, size, digest });
    this.#options.placed.set(digest, { key, start: 0, length: size });
    return true;
  }

  async #flush(): Promise<void> {
    await this.#sendPack();
    const parcels = this.#waiting.splice(0);
    await Promise.all(parcels.map((parcel) => this.#seal(parcel)));
  }

  async #sendPack(): Promise<void> {
    if (this.#inPack.size === 0) return;
    const bytes = Buffer.concat([...this.#inPack.values()]);
    const key = await this.#put('packs', bytes);
    let start = 0;
    for (const [digest, { length }] of this.#inPack) {
      this.#options.placed.set(digest, { key, start, length });
      start += length;
    }
    this.#inPack.clear();
    this.#packBytes = 0;
  }

  /** Stores bytes under a name that follows from them, unless they are there; of those about to be deleted a copy of its own. */
  async #put(folder: 'objects' | 'packs', body: Buffer | FileBody): Promise<string> {
    const { request, onProgress } = this.#options;
    const [digest, size] = Buffer.isBuffer(body) ? [sha256(body), body.length] : [body.digest, body.size];
    await this.#readMarks();
    const usual = dataKeyOf(folder, digest);
    const key = this.#marks.has(usual) ? dataKeyOf(folder, digest, randomBytes(4).toString('hex')) : usual;
    if (key !== usual || (await request((bucket) => bucket.head(key))) !== size) {
      await request((bucket) => bucket.put(key, body));
      onProgress?.(size);
    }
    this.#seen.set(key, Date.now());
    return key;
  }

  /** Signs and stores the text, if all objects are still there; otherwise it waits for the next push. */
  async #seal(parcel: Parcel): Promise<void> {
    const { placed, key, request } = this.#options;
    for (const { digest } of parcel.objects) if (!(await this.#isThere(digest))) return void this.failed.push(parcel);
    const locations = new Map(parcel.objects.map(({ digest }) => [digest, placed.get(digest)!]));
    const text = formatEnvelope(sealEnvelope(parcel.kind, parcel.text, locations, key));
    await request((bucket) => bucket.put(parcel.key, Buffer.from(text), { sync: false }));
    parcel.onSent(locations);
  }

  async #readMarks(): Promise<void> {
    if (Date.now() - this.#marksReadAt < trust) return;
    this.#marksReadAt = Date.now();
    this.#marks = await readMarks(this.#options.bucket);
  }
}
