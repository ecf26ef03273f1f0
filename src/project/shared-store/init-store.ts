import { existsSync } from 'node:fs';
import { stringify } from 'yaml';
import { writeAtomic } from '../../engine/files/write-atomic.ts';
import { writing } from '../../engine/files/write-error.ts';
import { MissingStore, storeText } from '../../engine/store/remote/buckets/bucket.ts';
import { readAddress } from '../../engine/store/remote/buckets/buckets.ts';
import { ensureKey, keyFile, readKey } from '../../engine/store/remote/keys.ts';
import { RemoteStore, type StoreUser } from '../../engine/store/remote/remote-store.ts';
import {
  addressHint,
  addToStoreFile,
  type StoreSpec,
  storeFile,
} from '../../engine/store/remote/store-file.ts';
import { formatFew } from '../../format-numbers.ts';
import { plainText } from '../../plain-text.ts';
import { UsageError } from '../../user-error.ts';
import type { OpenedProject } from '../opened-project.ts';
import { mistake } from '../pipeline-error.ts';
import { storeError, storesOf } from './connect.ts';
import { ownName } from './trusted-keys.ts';

interface StoreLocation {
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
}

/** A shared store that a project was given. */
interface InitialStore {
  readonly url: string;
  /** Whether there was none at the address. */
  readonly isNew: boolean;
  /** The short name of the user's public key, which the project trusts. */
  readonly key: string;
  /** Absolute path of the private one. */
  readonly keyFile: string;
}

export const hasStores = ({ root }: OpenedProject): boolean => existsSync(storeFile(root));

/**
 * Gives a project a shared store, new or one that others made, and writes its `store.yaml`. The
 * words are the address.
 */
export async function initStore(
  project: OpenedProject,
  words: readonly string[],
  location: StoreLocation,
): Promise<InitialStore> {
  const { root, env } = project;
  if (hasStores(project)) {
    const hint = 'Add a further store to it: restage store add <address>';
    throw mistake('wrong-value', `${storeFile(root)} is there already`, hint);
  }
  const key = ensureKey(keyFile(env));
  const keys = { [ownName()]: key.text };
  const place = placeOf('init', words, location);
  const isNew = await openPlace({ root, env, key }, place, keys);
  const text = `# Where this project shares its results, and whose results are trusted. Commit this file.\n${stringify({ ...place, keys })}`;
  writing('store.yaml', () => writeAtomic(storeFile(root), text, { sync: false }));
  return { url: place.url, isNew, key: key.id, keyFile: keyFile(env) };
}

/**
 * Makes the written store of a `store.yaml` that is there already, where there is none: in a new
 * clone with a folder of its own.
 */
export async function makeStore(
  project: OpenedProject,
): Promise<{ readonly url: string; readonly isNew: boolean }> {
  const { root, env } = project;
  const { written, keys } = storesOf(project);
  const user = { root, env, key: readKey(keyFile(env)) };
  return { url: written.url, isNew: await openPlace(user, written, keys) };
}

/**
 * Gives a project a further shared store, new or one that others made, as the last that is asked or
 * the first. The words are the address.
 */
export async function addStore(
  project: OpenedProject,
  words: readonly string[],
  { first = false, ...location }: StoreLocation & { readonly first?: boolean },
): Promise<{ readonly url: string; readonly isNew: boolean; readonly written: string }> {
  const { root, env } = project;
  const { keys, stores } = storesOf(project);
  const place = placeOf('add', words, location);
  if (stores.some(({ url }) => url === place.url))
    throw mistake('wrong-value', `store.yaml names ${place.url} already`);
  const key = readKey(keyFile(env));
  const isNew = await openPlace({ root, env, key }, place, keys);
  addToStoreFile(root, place, { first });
  return { url: place.url, isNew, written: storesOf(project).written.url };
}

interface Place extends StoreLocation {
  readonly url: string;
}

function placeOf(
  action: string,
  [url, ...more]: readonly string[],
  { endpoint, region, profile }: StoreLocation,
): Place {
  if (url === undefined || more.length > 0)
    throw new UsageError(`store ${action} takes an address. ${addressHint}`);
  return {
    url,
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    ...(profile !== undefined && { profile }),
  };
}

/**
 * Makes a store where there is none, and sees whether the user may write there; one that is only
 * read must be there. Returns whether it is new.
 */
async function openPlace(
  { root, ...user }: StoreUser & { readonly root: string },
  place: Place,
  keys: Readonly<Record<string, string>>,
): Promise<boolean> {
  const { url } = place;
  const address = readAddress(url, root);
  if (address === undefined)
    throw new UsageError(`"${url}" is not the address of a store. ${addressHint}`);
  const spec: StoreSpec = { ...place, address, keys, shareEnv: false, shareSealed: false };
  address.create?.();
  const remote = await RemoteStore.open(spec, user);
  const { bucket } = remote;
  try {
    const isNew = (await bucket.get('store.json')) === undefined;
    if (bucket.isReadOnly !== true) {
      const probe = `probe-${user.key?.id ?? 'reader'}`;
      if (isNew) refuseForeign(await bucket.top(), url, probe);
      await bucket.put(probe, Buffer.from('whether this key may write'));
      await bucket.delete(probe);
      if (isNew) await bucket.put('store.json', Buffer.from(storeText()));
    }
    await remote.connect();
    return isNew;
  } catch (error) {
    if (error instanceof MissingStore && bucket.isReadOnly !== true)
      throw mistake(
        'wrong-value',
        `The store.json in ${url} is not that of a store: name another location`,
      );
    throw storeError(url, error);
  } finally {
    await remote.close();
  }
}

/**
 * Throws for the names in a location that is not empty: a store needs a folder or bucket of its
 * own. Hidden files are those of systems.
 */
function refuseForeign(names: readonly string[], url: string, probe: string): void {
  const theirs = names.filter((name) => !name.startsWith('.') && name !== probe);
  if (theirs.length === 0) return;
  const message = `${url} is not empty, and no store: it holds ${formatFew(theirs.toSorted().map(plainText), 3)}`;
  const hint = `Name a location for the store alone, such as ${url.replace(/\/$/, '')}/restage`;
  throw mistake('wrong-value', message, hint);
}
