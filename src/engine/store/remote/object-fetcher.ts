import { existsSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import PQueue from 'p-queue';
import type { Digest } from '../../../digest.ts';
import type { LocalStore } from '../local-store.ts';
import type { StageResult, StoredArtifact } from '../stage-result.ts';
import { writeObject } from '../store-object.ts';
import type { Contact } from './contact.ts';
import type { Location, Locations } from './envelope.ts';
import { KnownDamage } from './known-damage.ts';
import type { RemoteRecords } from './remote-records.ts';
import type { RemoteStore, WantedObject } from './remote-store.ts';
import type { StoreReports } from './store-reports.ts';

interface FetcherOptions {
  readonly local: LocalStore;
  readonly remote: RemoteStore;
  readonly records: RemoteRecords;
  readonly contact: Contact;
  readonly reports: StoreReports;
  /** What to do about bytes that are gone or damaged. */
  readonly remedy: string;
}

/** Smaller objects, in bytes, gather while others are on their way: packs hold them together. */
const small = 1024 ** 2;
/** Groups of small objects that are on their way at once. */
const groups = 4;

/**
 * Fetches objects from the store that a group shares into the local one, for one run.
 *
 * An object: elsewhere → being fetched → here, or lost where every location has other bytes. Then
 * the stage runs again that made it.
 */
export class ObjectFetcher {
  readonly #local: LocalStore;
  readonly #remote: RemoteStore;
  readonly #records: RemoteRecords;
  readonly #contact: Contact;
  readonly #reports: StoreReports;
  readonly #remedy: string;
  /** Where objects lie: entries of several keys may lead to several locations. */
  readonly #locations = new Map<Digest, readonly Location[]>();
  /** Objects that could not be fetched in this run. */
  readonly #lost = new Set<Digest>();
  /** Where this run looked in vain. */
  readonly #failed = new KnownDamage();
  readonly #fetching = new Map<Digest, Promise<unknown>>();
  /** The small objects of the next group, and its end. */
  #gathered: WantedObject[] = [];
  #group: Promise<void> | undefined;
  readonly #groups = new PQueue({ concurrency: groups });

  constructor({ local, remote, records, contact, reports, remedy }: FetcherOptions) {
    this.#local = local;
    this.#remote = remote;
    this.#records = records;
    this.#contact = contact;
    this.#reports = reports;
    this.#remedy = remedy;
  }

  /** Notes where objects lie. */
  learn(locations: Locations): void {
    for (const [digest, location] of locations) {
      const known = this.#locations.get(digest) ?? [];
      if (known.some(({ key, start }) => key === location.key && start === location.start))
        continue;
      this.#locations.set(digest, [...known, location]);
      this.#lost.delete(digest);
    }
  }

  /** Whether all bytes of a result are here. */
  isHere({ stored, outputs }: StageResult): boolean {
    return (
      !stored || Object.values(outputs).every((artifact) => this.#missing(artifact).length === 0)
    );
  }

  /** Whether some bytes of a result are neither here nor in the shared store. */
  isLost({ outputs }: StageResult): boolean {
    const missing = Object.values(outputs).flatMap((artifact) => this.#missing(artifact));
    return missing.some(
      ({ digest }) => this.#lost.has(digest) || this.#locationOf(digest) === undefined,
    );
  }

  /**
   * Fetches what is missing of artifacts, and a log if the store has it. False if some of an
   * artifact are lost.
   */
  async fetch(artifacts: readonly StoredArtifact[], log?: Digest): Promise<boolean> {
    const files = artifacts.flatMap((artifact) => this.#missing(artifact));
    const wanted = new Map<Digest, WantedObject>(files.map((file) => [file.digest, file]));
    if (
      log !== undefined &&
      !existsSync(this.#local.objectPath(log)) &&
      this.#locationOf(log) !== undefined
    ) {
      wanted.set(log, { digest: log, size: undefined });
    }
    const fresh = [...wanted.values()].filter(
      ({ digest }) => this.#locationOf(digest) !== undefined && !this.#fetching.has(digest),
    );
    const isSmall = ({ digest }: WantedObject) => this.#locationOf(digest)!.length < small;
    const gathering = fresh.filter(isSmall);
    const group = gathering.length === 0 ? undefined : this.#gather(gathering);
    const others = this.#fetchAll(fresh.filter((object) => !isSmall(object)));
    for (const object of fresh)
      this.#fetching.set(object.digest, isSmall(object) ? group! : others);
    await Promise.all([...wanted.keys()].map((digest) => this.#fetching.get(digest)));
    for (const { digest } of fresh) this.#fetching.delete(digest);
    return !files.some(({ digest }) => this.#lost.has(digest));
  }

  /** Fetches a single object without a signed size. False if it is lost. */
  async fetchObject(digest: Digest, locations: Locations): Promise<boolean> {
    this.learn(locations);
    if (!existsSync(this.#local.objectPath(digest)))
      await this.#fetchAll([{ digest, size: undefined }]);
    return existsSync(this.#local.objectPath(digest));
  }

  /** Fetches objects together with those that others want meanwhile. */
  #gather(objects: readonly WantedObject[]): Promise<void> {
    this.#gathered.push(...objects);
    this.#group ??= this.#groups.add(async () => {
      await nextTurn();
      const group = this.#gathered;
      this.#gathered = [];
      this.#group = undefined;
      await this.#fetchAll(group);
    }) as Promise<void>;
    return this.#group;
  }

  /** Fetches objects, from another location where one is damaged. */
  async #fetchAll(wanted: readonly WantedObject[]): Promise<void> {
    const absent = new Set(wanted.map(({ digest }) => digest));
    let next = wanted;
    while (next.length > 0) {
      const lost = await this.#contact.whileOpen(() => this.#fetchOnce(next, absent));
      if (lost === undefined) break;
      this.#noteDamage(lost);
      next = next.filter(
        ({ digest }) => absent.has(digest) && this.#locationOf(digest) !== undefined,
      );
    }
    // Being fetched → lost. Safe: only this run knows of it. The next one asks again, and pushes
    // use the damage on disk only to send the bytes again.
    for (const digest of absent) this.#lost.add(digest);
    if (this.#contact.failure !== undefined || absent.size === 0) return;
    this.#reports.warn(
      `${absent.size} of the objects in ${this.#remote.url} are gone or damaged: ${this.#remedy}`,
    );
  }

  /** Removes from `absent` what came. Returns the others. */
  async #fetchOnce(
    wanted: readonly WantedObject[],
    absent: Set<Digest>,
  ): Promise<readonly Digest[]> {
    return await this.#remote.fetch(
      wanted,
      (digest) => this.#locationOf(digest),
      async (digest, chunks) => {
        // Being fetched → here. Safe: bytes are hashed before they get the name of the object.
        const stats = await writeObject(this.#local.objectPath(digest), this.#counted(chunks));
        if (stats === undefined) return false;
        absent.delete(digest);
        if (stats.size >= small) this.#local.verified.set(digest, stats);
        return true;
      },
    );
  }

  async *#counted(chunks: Iterable<Buffer> | AsyncIterable<Buffer>): AsyncIterable<Buffer> {
    for await (const chunk of chunks) {
      this.#reports.count({ fetched: chunk.length });
      yield chunk;
    }
  }

  /** Where an object lies, as far as nobody looked there in vain. */
  #locationOf(digest: Digest): Location | undefined {
    return this.#locations.get(digest)?.find((location) => !this.#failed.has(digest, location));
  }

  #noteDamage(lost: readonly Digest[]): void {
    const locations = lost.flatMap((digest) => {
      const location = this.#locationOf(digest);
      return location === undefined ? [] : [{ digest, ...location }];
    });
    this.#failed.add(locations);
    this.#records.damage.add(locations);
  }

  #missing({ files }: StoredArtifact): StoredArtifact['files'] {
    return files.filter(({ digest }) => !existsSync(this.#local.objectPath(digest)));
  }
}
