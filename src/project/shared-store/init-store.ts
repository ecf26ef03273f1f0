import { existsSync } from 'node:fs';
import { stringify } from 'yaml';
import { writeAtomic } from '../../engine/files/write-atomic.ts';
import { writing } from '../../engine/files/write-error.ts';
import { MissingStore, storeText } from '../../engine/store/remote/buckets/bucket.ts';
import { readAddress } from '../../engine/store/remote/buckets/buckets.ts';
import { ensureKey, keyFile } from '../../engine/store/remote/keys.ts';
import { RemoteStore } from '../../engine/store/remote/remote-store.ts';
import { addressHint, type StoreSpec, storeFile } from '../../engine/store/remote/store-file.ts';
import { formatFew } from '../../format-numbers.ts';
import { plainText } from '../../plain-text.ts';
import { UsageError } from '../../user-error.ts';
import type { OpenedProject } from '../opened-project.ts';
import { mistake } from '../pipeline-error.ts';
import { storeError } from './connect.ts';
import { ownName } from './trusted-keys.ts';

interface StoreLocation {
  readonly endpoint?: string;
  readonly region?: string;
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

/**
 * Gives a project a shared store, new or one that others made, and writes its `store.yaml`. The
 * words are the address.
 */
export async function initStore(
  { root, env }: OpenedProject,
  [url, ...more]: readonly string[],
  { endpoint, region }: StoreLocation,
): Promise<InitialStore> {
  if (url === undefined || more.length > 0)
    throw new UsageError(`store init takes an address. ${addressHint}`);
  if (existsSync(storeFile(root)))
    throw mistake('wrong-value', `${storeFile(root)} is there already`);
  const address = readAddress(url, root);
  if (address === undefined)
    throw new UsageError(`"${url}" is not the address of a store. ${addressHint}`);
  const key = ensureKey(keyFile(env));
  const location = {
    url,
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
  };
  const spec: StoreSpec = {
    ...location,
    address,
    keys: { [ownName()]: key.text },
    shareEnv: false,
  };
  address.create?.();
  const remote = await RemoteStore.open(spec, { key, env });
  try {
    const isNew = (await remote.bucket.get('store.json')) === undefined;
    const probe = `probe-${key.id}`;
    if (isNew) refuseForeign(await remote.bucket.top(), url, probe);
    await remote.bucket.put(probe, Buffer.from('whether this key may write'));
    await remote.bucket.delete(probe);
    if (isNew) await remote.bucket.put('store.json', Buffer.from(storeText()));
    await remote.connect();
    const text = `# Where this project shares its results, and whose results are trusted. Commit this file.\n${stringify({ ...location, keys: spec.keys })}`;
    writing('store.yaml', () => writeAtomic(storeFile(root), text, { sync: false }));
    return { url, isNew, key: key.id, keyFile: keyFile(env) };
  } catch (error) {
    if (error instanceof MissingStore)
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
