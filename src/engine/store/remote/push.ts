import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { type Digest, sha256 } from '../../../digest.ts';
import { forEachOf } from '../../../for-each-of.ts';
import { formatBytes } from '../../../format-numbers.ts';
import { hashFile } from '../../files/hash-file.ts';
import { type Bucket, type FileBody, mostWhole } from './buckets/bucket.ts';
import { readMarks } from './deletion-marks.ts';
import {
  dataKeyOf,
  type EnvelopeKind,
  type Location,
  type Locations,
  sealEnvelope,
} from './envelope.ts';
import type { SigningKey } from './keys.ts';
import { KnownDamage } from './known-damage.ts';

/** A text to be signed and stored, with the objects that it names. */
export interface Parcel {
  readonly kind: EnvelopeKind;
  readonly key: string;
  readonly text: string;
  /** That of whoever signed the text before; absent: it is signed by the key of the push. */
  readonly signature?: string;
  readonly objects: readonly ParcelObject[];
  /** Called when all of it is there. */
  readonly onSent: (locations: Locations) => void;
}

/** Bytes that a parcel names, in a file or in memory. */
export type ParcelObject = { readonly digest: Digest } & (
  | { readonly path: string }
  | { readonly bytes: Buffer }
);

/** The size of an object in bytes; undefined for a file that is lost. */
const sizeOf = (object: ParcelObject): number | undefined =>
  'bytes' in object ? object.bytes.length : statSync(object.path, { throwIfNoEntry: false })?.size;

/** A parcel that could not be sent, and why, as the end of a sentence. */
export interface FailedParcel {
  readonly key: string;
  readonly why: string;
}

const damagedHere = 'some of its objects are lost or damaged here';

export interface PushOptions {
  readonly request: <T>(act: (bucket: Bucket) => Promise<T>) => Promise<T>;
  readonly key: SigningKey;
  /** Known locations of objects. What is sent is added. */
  readonly located: Map<Digest, Location>;
  /** Locations that it does not rely on; what is sent again is forgotten. */
  readonly damage?: KnownDamage;
  readonly onProgress?: (bytes: number) => void;
  readonly signal?: AbortSignal;
  /** Whether to end when a pack is full, and leave the rest to another push. */
  readonly onePack?: boolean;
}

/** Smaller objects go into packs, in bytes. */
const small = 1024 ** 2;
const packSize = 32 * 1024 ** 2;
/** Texts that are signed and sent at once: more than there are requests. */
const sealers = 128;
/**
 * Milliseconds for which an answer about the store's content is trusted: far less than the least
 * delay of `store gc`.
 */
const trust = 60_000;

/**
 * Sends parcels: large objects by themselves, small ones in packs, then the signed texts of what is
 * complete. Every name follows from content, so a push that was killed finds what it sent.
 */
export class Push {
  readonly #options: PushOptions;
  readonly #damage: KnownDamage;
  readonly #waiting: Parcel[] = [];
  #pack = new Pack();
  /** The pack that is being sent while the next one is gathered, and the end of that. */
  #leaving = new Pack();
  #left: Promise<unknown> = Promise.resolve();
  /** When each key was last seen in the store. */
  readonly #seen = new Map<string, number>();
  #marks: Promise<ReadonlySet<string>> | undefined;
  #marksReadAt = Number.NEGATIVE_INFINITY;
  readonly failed: FailedParcel[] = [];

  constructor(options: PushOptions) {
    this.#options = options;
    this.#damage = options.damage ?? new KnownDamage();
  }

  /** Sends parcels in order. An interrupt leaves out those that are not complete. */
  async send(parcels: Iterable<Parcel> | AsyncIterable<Parcel>): Promise<void> {
    const { signal, onePack = false } = this.#options;
    for await (const parcel of parcels) {
      const isFull = this.#pack.size > 0 && this.#pack.size + this.#packedBytes(parcel) > packSize;
      if (isFull) await this.#left;
      if (signal?.aborted === true) return void (await this.#left);
      if (isFull) await this.#flush();
      if (isFull && onePack) return void (await this.#left);
      if (!(await this.#addAll(parcel))) {
        this.failed.push({ key: parcel.key, why: damagedHere });
        continue;
      }
      this.#waiting.push(parcel);
      if (this.#pack.size === 0) await this.#flush();
      else await setImmediate(); // what is on its way goes on
    }
    await this.#flush();
    await this.#left;
  }

  /**
   * Bytes that a parcel may add to the pack. Every pack begins with a parcel, so that another push
   * makes the same packs.
   */
  #packedBytes({ objects }: Parcel): number {
    const sizes = objects.map((object) => {
      const isKnown = this.#isPacked(object.digest) || this.#options.located.has(object.digest);
      return isKnown ? 0 : (sizeOf(object) ?? 0);
    });
    return sizes.reduce((sum, size) => sum + (size < small ? size : 0), 0);
  }

  #isPacked = (digest: Digest): boolean =>
    this.#pack.ranges.has(digest) || this.#leaving.ranges.has(digest);

  async #addAll(parcel: Parcel): Promise<boolean> {
    for (const object of parcel.objects) {
      if (this.#isPacked(object.digest)) continue;
      if ((await this.#locate(object.digest)) !== undefined || (await this.#add(object))) continue;
      return false;
    }
    return true;
  }

  /**
   * Where an object is in the store; undefined where it is not, is damaged, or is about to be
   * deleted.
   */
  async #locate(digest: Digest): Promise<Location | undefined> {
    const location = this.#options.located.get(digest);
    if (location === undefined) return undefined;
    const { key, start, length } = location;
    const isSound = !this.#damage.has(digest, location);
    if (isSound && !(await this.#readMarks()).has(key)) {
      if (Date.now() - (this.#seen.get(key) ?? 0) < trust) return location;
      if (((await this.#options.request((bucket) => bucket.head(key))) ?? 0) >= start + length) {
        this.#seen.set(key, Date.now());
        return location;
      }
    }
    this.#options.located.delete(digest);
    return undefined;
  }

  /**
   * Sends a large object, or adds a small one to the pack. False for one that is lost or damaged.
   */
  async #add(object: ParcelObject): Promise<boolean> {
    const { digest } = object;
    const size = sizeOf(object);
    if (size === undefined) return false;
    if (size < small) {
      if (this.#pack.size + size > packSize) await this.#flush();
      return this.#pack.add(object, size);
    }
    if ('path' in object && (await hashFile(object.path, size)) !== digest) return false;
    const body = 'bytes' in object ? object.bytes : { path: object.path, size, digest };
    const key = await this.#put(dataKeyOf('objects', digest), body);
    this.#options.located.set(digest, { key, start: 0, length: size });
    return true;
  }

  /** Begins to send the gathered pack, and then the texts that wait for it. */
  async #flush(): Promise<void> {
    await this.#left;
    const { memory } = this.#leaving;
    this.#leaving = this.#pack;
    this.#pack = new Pack(memory);
    const parcels = this.#waiting.splice(0);
    this.#left = this.#sendPack(this.#leaving).then(() =>
      forEachOf(parcels, sealers, (parcel) => this.#seal(parcel)),
    );
    this.#left.catch(() => {}); // whoever awaits it gets the error
  }

  async #sendPack({ bytes, ranges }: Pack): Promise<void> {
    if (ranges.size === 0) return;
    const key = await this.#put(dataKeyOf('packs', sha256([...ranges.keys()].join())), bytes);
    for (const [digest, at] of ranges) this.#options.located.set(digest, { key, ...at });
  }

  /**
   * Stores bytes under a name that follows from them, unless they are there; under another one if
   * those are to be deleted. Damaged ones are replaced, which mends every entry that leads to them.
   */
  async #put(usual: string, body: Buffer | FileBody): Promise<string> {
    const { request, onProgress } = this.#options;
    const size = Buffer.isBuffer(body) ? body.length : body.size;
    const isMarked = (await this.#readMarks()).has(usual);
    const key = isMarked ? `${usual}-${randomBytes(4).toString('hex')}` : usual;
    const isDamaged = this.#damage.hasKey(key);
    if (key !== usual || isDamaged || (await request((bucket) => bucket.head(key))) !== size) {
      await request((bucket) => bucket.put(key, body));
      this.#damage.forget(key);
      onProgress?.(size);
    }
    this.#seen.set(key, Date.now());
    return key;
  }

  /**
   * Signs and stores the text, if all objects are still there; otherwise it waits for the next
   * push.
   */
  async #seal(parcel: Parcel): Promise<void> {
    const { key, request } = this.#options;
    // Locations as seen now, since the gathering of the next pack may forget one.
    const locations = new Map<Digest, Location>();
    for (const { digest } of parcel.objects) {
      const location = await this.#locate(digest);
      if (location === undefined)
        return void this.failed.push({ key: parcel.key, why: damagedHere });
      locations.set(digest, location);
    }
    const text = Buffer.from(
      await sealEnvelope(parcel.kind, parcel.text, locations, parcel.signature ?? key),
    );
    if (text.length > mostWhole) {
      const why = `it has more files than fit into the ${formatBytes(mostWhole)} that are read of a signed text`;
      return void this.failed.push({ key: parcel.key, why });
    }
    // A run is announced only once, and a lost result is computed again.
    const sync = parcel.kind === 'run';
    await request((bucket) => bucket.put(parcel.key, text, { sync }));
    parcel.onSent(locations);
  }

  #readMarks(): Promise<ReadonlySet<string>> {
    if (this.#marks === undefined || Date.now() - this.#marksReadAt >= trust) {
      this.#marksReadAt = Date.now();
      this.#marks = this.#options.request(readMarks);
    }
    return this.#marks;
  }
}

/** Small objects, one after the other. */
class Pack {
  readonly ranges = new Map<Digest, Omit<Location, 'key'>>();
  readonly memory: Buffer;
  size = 0;

  constructor(memory: Buffer = Buffer.allocUnsafe(packSize)) {
    this.memory = memory;
  }

  get bytes(): Buffer {
    return this.memory.subarray(0, this.size);
  }

  /** Adds an object, for which there must be room. False for one that is damaged. */
  add(object: ParcelObject, length: number): boolean {
    const room = this.memory.subarray(this.size, this.size + length);
    if ('bytes' in object) object.bytes.copy(room);
    else readInto(room, object.path);
    if (sha256(room) !== object.digest) return false;
    this.ranges.set(object.digest, { start: this.size, length });
    this.size += length;
    return true;
  }
}

/** Reads the beginning of a file. */
function readInto(bytes: Buffer, path: string): void {
  const file = openSync(path, 'r');
  try {
    readSync(file, bytes, 0, bytes.length, 0);
  } finally {
    closeSync(file);
  }
}
