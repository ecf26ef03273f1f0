import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Digest, isDigest, sha256 } from '../../../digest.ts';
import { jsonOf } from '../../../json.ts';
import { inCache, leasePath } from '../../files/cache-paths.ts';
import { digestsIn, namesIn } from '../../files/entries-in.ts';
import { readText } from '../../files/read-part.ts';
import { RecordLog } from '../../files/record-log.ts';
import { creatingFolder, readJson, writeJson } from '../../files/write-atomic.ts';
import { WriteError, writing } from '../../files/write-error.ts';
import { Lease } from '../lease.ts';
import type { RunManifest } from '../runs/run-manifest.ts';
import {
  type Location,
  type Locations,
  type PackedLocations,
  packLocations,
  unpackLocations,
} from './envelope.ts';
import type { KeyId } from './keys.ts';
import { KnownDamage } from './known-damage.ts';

/** What a cache knows of a result in the shared store. */
export interface RemoteRecord {
  /** Whose signature it has there. */
  readonly owner: KeyId;
  /** Whether the result came from there, or from another store; otherwise it was made here. */
  readonly adopted: boolean;
  readonly locations: Locations;
}

/** The name of an archive of `restage export` among stores. */
export const archiveAddress = 'the archive';

type LoggedRecord = Omit<RemoteRecord, 'locations'> & PackedLocations;

/**
 * What a cache knows of one shared store: in `cache/remote/<store>/` a log with a record of each
 * result there, `damage`, `uses`, and `cache/outbox/<store>/` with an empty file for each result
 * that waits to be sent, and a file for each run that waits.
 */
export class RemoteRecords {
  readonly #folder: string;
  readonly outbox: string;
  /** The file that says when uses of results were last told to the store. */
  readonly usesFile: string;
  readonly damage: KnownDamage;
  readonly #log: RecordLog;

  private constructor(cacheFolder: string, name: string) {
    this.#folder = inCache(cacheFolder, 'remote', name);
    this.usesFile = join(this.#folder, 'uses');
    this.outbox = inCache(cacheFolder, 'outbox', name);
    this.#log = new RecordLog(this.#folder);
    this.damage = new KnownDamage(join(this.#folder, 'damage'));
    this.#takeOver();
  }

  /**
   * Moves the records of Restage 0.2, each a file of its own, into the log. Without its record a
   * result of others would count as made here, and be sent as the user's own.
   */
  #takeOver(): void {
    const digests = digestsIn(this.#folder);
    if (digests.length === 0) return;
    const folderOf = (digest: Digest) => join(this.#folder, digest.slice(0, 2));
    const texts = digests.map(
      (digest) => [digest, readText(join(folderOf(digest), `${digest}.json`))] as const,
    );
    try {
      this.#set(texts);
      for (const digest of digests) rmSync(folderOf(digest), { recursive: true, force: true });
    } catch (error) {
      if (!(error instanceof WriteError)) throw error; // where nothing is written, nothing is sent
    }
  }

  static of(cacheFolder: string, address: string): RemoteRecords {
    return new RemoteRecords(cacheFolder, nameOf(address));
  }

  /**
   * What a cache knows of stores that the project had before: all but those with these addresses.
   * Archives are none: `--trust` names their keys once.
   */
  static former(cacheFolder: string, addresses: readonly string[]): readonly RemoteRecords[] {
    const known = new Set([archiveAddress, ...addresses].map(nameOf));
    const names = namesIn(inCache(cacheFolder, 'remote')).filter((name) => !known.has(name));
    return names.map((name) => new RemoteRecords(cacheFolder, name));
  }

  /** Removes from the logs of a cache what no longer counts. Throws a `WriteError`. */
  static async compact(cacheFolder: string): Promise<void> {
    await using _lease = await Lease.acquire(leasePath(cacheFolder, 'compact-records'));
    for (const name of namesIn(inCache(cacheFolder, 'remote'))) {
      const folder = inCache(cacheFolder, 'remote', name);
      writing(`to ${folder}`, () => new RecordLog(folder).compact());
    }
  }

  read(fingerprint: Digest): RemoteRecord | undefined {
    const file = jsonOf<LoggedRecord>(this.#log.get(fingerprint) ?? '');
    return (
      file?.keys && { owner: file.owner, adopted: file.adopted, locations: unpackLocations(file) }
    );
  }

  has(fingerprint: Digest): boolean {
    return this.#log.get(fingerprint) !== undefined;
  }

  write(fingerprint: Digest, { locations, ...record }: RemoteRecord): void {
    const logged: LoggedRecord = { ...record, ...packLocations(locations) };
    this.#set([[fingerprint, JSON.stringify(logged)]]);
  }

  remove(fingerprint: Digest): void {
    if (this.has(fingerprint)) this.#set([[fingerprint, undefined]]);
  }

  #set(changes: Parameters<RecordLog['set']>[0]): void {
    writing(`to ${this.#folder}`, () => this.#log.set(changes));
  }

  /** The results that were last seen in the store. */
  all(): readonly Digest[] {
    return this.#log.keys() as readonly Digest[];
  }

  /** Where objects of these results lie. */
  locations(): Map<Digest, Location> {
    return new Map(
      this.all().flatMap((fingerprint) => [...(this.read(fingerprint)?.locations ?? [])]),
    );
  }

  /** The store's last `store gc` with which these records were compared. */
  get collected(): string | undefined {
    return readJson<string>(join(this.#folder, 'collected'));
  }

  /** Forgets the other results, which the store no longer has. */
  keepOnly(isKept: (digest: Digest) => boolean, collected: string | undefined): void {
    const forgotten = this.all().filter((digest) => !isKept(digest));
    this.#set(forgotten.map((digest) => [digest, undefined] as const));
    if (collected !== this.collected)
      writing(`to ${this.#folder}`, () => writeJson(join(this.#folder, 'collected'), collected));
  }

  /**
   * Results that wait to be sent, always in the same order, so that a push after a kill makes the
   * same packs.
   */
  unsent(): readonly Digest[] {
    return namesIn(this.outbox).filter(isDigest);
  }

  /** Runs that wait to be sent, by name. */
  unsentRuns(): readonly string[] {
    return namesIn(this.outbox).flatMap((name) => /^run-(.+)\.json$/.exec(name)?.[1] ?? []);
  }

  markUnsent(fingerprint: Digest): void {
    const path = join(this.outbox, fingerprint);
    writing(`to ${this.outbox}`, () => creatingFolder(path, () => writeFileSync(path, '')));
  }

  markSent(fingerprint: Digest): void {
    writing(`to ${this.outbox}`, () => rmSync(join(this.outbox, fingerprint), { force: true }));
  }

  /** Keeps a run until it is sent. */
  keepRun(waiting: WaitingRun): void {
    writing(`to ${this.outbox}`, () => writeJson(this.#runFile(waiting.manifest.run), waiting));
  }

  /** A run that waits; undefined for one that another process has sent meanwhile. */
  readRun(run: string): WaitingRun | undefined {
    return readJson<WaitingRun>(this.#runFile(run));
  }

  forgetRun(run: string): void {
    writing(`to ${this.outbox}`, () => rmSync(this.#runFile(run), { force: true }));
  }

  #runFile = (run: string): string => join(this.outbox, `run-${run}.json`);
}

/**
 * A run that waits to be sent, in one file: several processes may send, replace and forget it at
 * once, and one that is killed leaves nothing of it.
 */
export interface WaitingRun {
  /** Without digests of objects, which follow when it is sent. */
  readonly manifest: RunManifest;
  /** The HTML of its page; absent: it has none. */
  readonly page?: string;
}

/** The name of a store's folder in a cache. */
const nameOf = (address: string): string => sha256(address).slice(0, 16);
