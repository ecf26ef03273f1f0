import { existsSync } from 'node:fs';
import type { Digest } from '../../../digest.ts';
import { storeText } from './buckets/bucket.ts';
import { type Entry, listEntries, readEntry } from './entry.ts';
import { type Location, type Locations, resultKey } from './envelope.ts';
import { type Parcel, Push } from './push.ts';
import type { RemoteStore } from './remote-store.ts';
import type { SharedStore } from './shared-store.ts';
import { readLocations } from './verify-shared.ts';

/**
 * The entries that a repair has mended, and those that need bytes, or a signature, of somebody
 * else.
 */
export interface Repair {
  readonly mended: readonly Entry[];
  readonly left: readonly Entry[];
}

/**
 * Sends bytes again to which entries lead in vain, and stores these with the new locations. An
 * entry keeps its signature, which does not cover locations. One whose signature is damaged is
 * signed again by its owner. `pageOf` is where the page of a pipeline may lie.
 */
export async function repairShared(
  store: SharedStore,
  entries: readonly Entry[],
  pageOf: (pipeline: string) => string,
): Promise<Repair> {
  const { remote, records } = store;
  const located = records.locations();
  const mended = new Set<Entry>();
  const parcels: Parcel[] = [];
  for (const entry of entries) {
    const parcel = await repairingParcel(store, entry, { located, pageOf });
    const onSent = (locations: Locations) => {
      mended.add(entry);
      keepLocations(store, entry, locations);
    };
    if (parcel !== undefined) parcels.push({ ...parcel, onSent });
  }
  const push = new Push({
    request: (act) => remote.request(act),
    key: remote.own!,
    located,
    damage: records.damage,
  });
  await push.send(parcels);
  return { mended: [...mended], left: entries.filter((entry) => !mended.has(entry)) };
}

interface Sources {
  /** Gets the locations to which the entry leads. */
  readonly located: Map<Digest, Location>;
  readonly pageOf: (pipeline: string) => string;
}

async function repairingParcel(
  store: SharedStore,
  entry: Entry,
  { located, pageOf }: Sources,
): Promise<Omit<Parcel, 'onSent'> | undefined> {
  const { remote, records } = store;
  const signed = await readEntry(remote, entry);
  if (signed === undefined) return await signAnew(store, entry, located);
  const { envelope, objects, pipeline } = signed;
  for (const [digest, location] of envelope.locations) {
    const known = located.get(digest);
    if (known === undefined || records.damage.has(digest, known)) located.set(digest, location);
  }
  const pathOf = (digest: Digest) => {
    const path = store.local.objectPath(digest);
    return pipeline === undefined || existsSync(path) ? path : pageOf(pipeline);
  };
  const { text, signature } = envelope;
  const { kind, key } = entry;
  return {
    kind,
    key,
    text,
    signature,
    objects: objects.map((digest) => ({ digest, path: pathOf(digest) })),
  };
}

/**
 * The result of a damaged entry of the user's own. Nobody has read the locations yet where its
 * objects are said to be.
 */
async function signAnew(
  store: SharedStore,
  { owner, fingerprint }: Entry,
  located: ReadonlyMap<Digest, Location>,
): Promise<Omit<Parcel, 'onSent'> | undefined> {
  const { remote, records } = store;
  if (fingerprint === undefined || owner !== remote.own!.id) return undefined;
  const result = store.readResult(fingerprint);
  if (result === undefined || !store.outbox.isShareable(result)) return undefined;
  const parcel = store.outbox.parcelOf(result);
  const locations = parcel.objects.flatMap(({ digest }) => {
    const location = located.get(digest);
    return location === undefined ? [] : [{ digest, ...location }];
  });
  const { gone, wrong } = await readLocations(remote, locations);
  records.damage.add([...gone, ...wrong]);
  return parcel;
}

function keepLocations(
  { records, remote }: SharedStore,
  { fingerprint, owner }: Entry,
  locations: Locations,
): void {
  if (fingerprint === undefined) return;
  const record = records.read(fingerprint);
  const isMine = record === undefined && owner === remote.own!.id;
  if (record?.owner === owner || isMine)
    records.write(fingerprint, { adopted: false, ...record, owner, locations });
}

/** Notes the locations where files are gone or too short, by a list of them: no byte is read. */
export async function noteMissing({ remote, records }: SharedStore): Promise<void> {
  const sizes = new Map<string, number>();
  for (const folder of ['objects/', 'packs/']) {
    for await (const { key, size } of remote.bucket.list(folder)) sizes.set(key, size);
  }
  const locations = records
    .all()
    .flatMap((fingerprint) => [...(records.read(fingerprint)?.locations ?? [])]);
  const missing = locations.filter(
    ([, { key, start, length }]) => (sizes.get(key) ?? -1) < start + length,
  );
  records.damage.add(missing.map(([digest, location]) => ({ digest, ...location })));
}

/** The results known here whose entries lead to locations that are known to be damaged. */
export function damagedEntries({ records }: SharedStore): readonly Entry[] {
  return records.all().flatMap((fingerprint): Entry[] => {
    const { owner, locations = new Map() } = records.read(fingerprint) ?? {};
    const isDamaged = [...locations].some(([digest, location]) =>
      records.damage.has(digest, location),
    );
    if (owner === undefined || !isDamaged) return [];
    return [{ kind: 'result', key: resultKey(fingerprint, owner), owner, fingerprint }];
  });
}

/**
 * Writes a lost `store.json` again. False, unless a trusted key has signed something there: it may
 * be no store at all.
 */
export async function restoreStoreFile(remote: RemoteStore): Promise<boolean> {
  for (const entry of await listEntries(remote)) {
    if ((await readEntry(remote, entry)) === undefined) continue;
    await remote.bucket.put('store.json', Buffer.from(storeText()));
    return true;
  }
  return false;
}
