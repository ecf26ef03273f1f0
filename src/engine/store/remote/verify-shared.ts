import { createHash } from 'node:crypto';
import { type Entry, listEntries, readEntry } from './entry.ts';
import { type Place, placeText } from './known-damage.ts';
import type { RemoteStore } from './remote-store.ts';

export interface SharedFaults {
  /** How many results of trusted keys there are. */
  readonly results: number;
  /** How many places hold the bytes of their object. */
  readonly objects: number;
  /** Entries that have no right signature, or lack some of their bytes. */
  readonly broken: readonly Entry[];
  /** Keys of packs and objects with bytes that are not those of a digest. */
  readonly damaged: readonly string[];
  /** Where an entry leads, but the bytes of the object are not. */
  readonly places: readonly Place[];
}

/** Reads every result and run of a trusted key, and every byte that they name. */
export async function verifyShared(remote: RemoteStore): Promise<SharedFaults> {
  const broken: Entry[] = [];
  const damaged = new Set<string>();
  const bad = new Map<string, Place>();
  const sound = new Set<string>();
  const entries = await listEntries(remote);
  for (const entry of entries) {
    const signed = await readEntry(remote, entry);
    const places = signed?.objects.map((digest) => ({
      digest,
      ...signed.envelope.locations.get(digest),
    }));
    if (places === undefined || !places.every(isPlace)) {
      broken.push(entry);
      continue;
    }
    const unread = places.filter(
      (place) => !sound.has(placeText(place)) && !bad.has(placeText(place)),
    );
    const { gone, wrong } = await readPlaces(remote, unread);
    for (const place of [...gone, ...wrong]) bad.set(placeText(place), place);
    for (const { key } of wrong) damaged.add(key);
    for (const text of unread.map(placeText)) if (!bad.has(text)) sound.add(text);
    if (places.some((place) => bad.has(placeText(place)))) broken.push(entry);
  }
  return {
    results: entries.filter(({ kind }) => kind === 'result').length,
    objects: sound.size,
    broken,
    damaged: [...damaged],
    places: [...bad.values()],
  };
}

/**
 * Reads the bytes at places, one for each object, and hashes them. `wrong` are those of other
 * bytes, `gone` those of none.
 */
export async function readPlaces(
  remote: RemoteStore,
  places: readonly Place[],
): Promise<Readonly<Record<'gone' | 'wrong', readonly Place[]>>> {
  const byDigest = new Map(places.map((place) => [place.digest, place]));
  const wanted = places.map(({ digest, length }) => ({ digest, size: length }));
  const wrong: Place[] = [];
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
    gone: lost.map((digest) => byDigest.get(digest)!).filter((place) => !isWrong.has(place)),
  };
}

const isPlace = (place: Partial<Place>): place is Place => place.key !== undefined;
