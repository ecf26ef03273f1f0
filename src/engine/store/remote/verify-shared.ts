import { createHash } from 'node:crypto';
import { type Entry, listEntries, readEntry } from './entry.ts';
import { locationText, type ObjectLocation } from './known-damage.ts';
import type { RemoteStore } from './remote-store.ts';

export interface SharedFaults {
  /** How many results of trusted keys there are. */
  readonly results: number;
  /** How many locations hold the bytes of their object. */
  readonly objects: number;
  /** Entries that have no right signature, or lack some of their bytes. */
  readonly broken: readonly Entry[];
  /** Keys of packs and objects with bytes that are not those of a digest. */
  readonly damaged: readonly string[];
  /** Where an entry leads, but the bytes of the object are not. */
  readonly locations: readonly ObjectLocation[];
}

/** Reads every result and run of a trusted key, and every byte that they name. */
export async function verifyShared(remote: RemoteStore): Promise<SharedFaults> {
  const broken: Entry[] = [];
  const damaged = new Set<string>();
  const bad = new Map<string, ObjectLocation>();
  const sound = new Set<string>();
  const entries = await listEntries(remote);
  for (const entry of entries) {
    const signed = await readEntry(remote, entry);
    const locations = signed?.objects.map((digest) => ({
      digest,
      ...signed.envelope.locations.get(digest),
    }));
    if (locations === undefined || !locations.every(isLocation)) {
      broken.push(entry);
      continue;
    }
    const unread = locations.filter(
      (location) => !sound.has(locationText(location)) && !bad.has(locationText(location)),
    );
    const { gone, wrong } = await readLocations(remote, unread);
    for (const location of [...gone, ...wrong]) bad.set(locationText(location), location);
    for (const { key } of wrong) damaged.add(key);
    for (const text of unread.map(locationText)) if (!bad.has(text)) sound.add(text);
    if (locations.some((location) => bad.has(locationText(location)))) broken.push(entry);
  }
  return {
    results: entries.filter(({ kind }) => kind === 'result').length,
    objects: sound.size,
    broken,
    damaged: [...damaged],
    locations: [...bad.values()],
  };
}

/**
 * Reads the bytes at locations, one for each object, and hashes them. `wrong` are those of other
 * bytes, `gone` those of none.
 */
export async function readLocations(
  remote: RemoteStore,
  locations: readonly ObjectLocation[],
): Promise<Readonly<Record<'gone' | 'wrong', readonly ObjectLocation[]>>> {
  const byDigest = new Map(locations.map((location) => [location.digest, location]));
  const wanted = locations.map(({ digest, length }) => ({ digest, size: length }));
  const wrong: ObjectLocation[] = [];
  const lost = await remote.fetch(
    wanted,
    (digest) => byDigest.get(digest),
    async (digest, chunks) => {
      const hash = createHash('sha256');
      let bytes = 0;
      for await (const chunk of chunks) {
        bytes += chunk.length;
        hash.update(chunk);
      }
      const isSound = hash.digest('hex') === digest;
      if (!isSound && bytes > 0) wrong.push(byDigest.get(digest)!);
      return isSound;
    },
  );
  const isWrong = new Set(wrong);
  return {
    wrong,
    gone: lost.map((digest) => byDigest.get(digest)!).filter((location) => !isWrong.has(location)),
  };
}

const isLocation = (location: Partial<ObjectLocation>): location is ObjectLocation =>
  location.key !== undefined;
