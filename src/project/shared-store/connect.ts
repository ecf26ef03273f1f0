import { LocalStore } from '../../engine/store/local-store.ts';
import {
  describeFailure,
  isStoreFailure,
  MissingStore,
} from '../../engine/store/remote/buckets/bucket.ts';
import { keyFile, readKey } from '../../engine/store/remote/keys.ts';
import { RemoteStore, type StoreUser } from '../../engine/store/remote/remote-store.ts';
import { restoreStoreFile } from '../../engine/store/remote/repair-shared.ts';
import { SharedStore } from '../../engine/store/remote/shared-store.ts';
import {
  loadStoreFile,
  type StoreFile,
  type StoreSpec,
} from '../../engine/store/remote/store-file.ts';
import { StoreList } from '../../engine/store/remote/store-list.ts';
import { UsageError, UserError } from '../../user-error.ts';
import type { OpenedProject } from '../opened-project.ts';
import { mistake, orThrow } from '../pipeline-error.ts';

/** A shared store of a project, while it is connected. */
export interface ConnectedStore {
  readonly project: OpenedProject;
  readonly store: SharedStore;
  readonly spec: StoreSpec;
  /** Whether the project has others. */
  readonly isOneOfSeveral: boolean;
}

/** The shared stores of a project, while they are connected. */
export interface ConnectedStores extends ConnectedStore {
  /** All of them; `store` is the one that is written, or that the user named. */
  readonly all: SharedStore | StoreList;
}

interface ConnectOptions {
  /** The address of one of several stores, as `store.yaml` has it; by default the written one. */
  readonly address?: string | undefined;
  /** Told before a lost `store.json` is used that was written again; absent: none is written. */
  readonly onRestored?: ((url: string) => void) | undefined;
}

/**
 * Connects one shared store of a project, acts on it, and closes it. Throws a `PipelineError` where
 * the project has none, and a `UserError` that names the store where it fails.
 */
export async function withSharedStore<T>(
  project: OpenedProject,
  act: (connected: ConnectedStore) => Promise<T>,
  { address, onRestored }: ConnectOptions = {},
): Promise<T> {
  const { root, warn } = project;
  const file = storesOf(project);
  const spec = chooseStore(file, address);
  const remote = await connect(spec, project, once(warn), onRestored);
  try {
    const besides = file.stores.flatMap(({ url }) => (url === spec.url ? [] : [url]));
    const store = new SharedStore(
      new LocalStore(root, warn),
      remote,
      { ...spec, besides },
      {
        warn,
        onFailure: () => {}, // a pull says what it could not bring
      },
    );
    return await act({ project, store, spec, isOneOfSeveral: besides.length > 0 });
  } catch (error) {
    throw storeError(spec.url, error);
  } finally {
    await remote.close();
  }
}

/**
 * Connects all shared stores of a project, acts on them, and closes them. One that fails is left
 * out with a warning, but for the one that is written, or that the user named. Throws likewise.
 */
export async function withSharedStores<T>(
  project: OpenedProject,
  act: (connected: ConnectedStores) => Promise<T>,
  { address }: ConnectOptions = {},
): Promise<T> {
  const file = storesOf(project);
  const spec = chooseStore(file, address);
  if (file.stores.length === 1)
    return await withSharedStore(project, (one) => act({ ...one, all: one.store }), { address });
  const { root, warn } = project;
  const warnOnce = once(warn);
  const listener = {
    warn: warnOnce,
    onFailure: (failure: string) => warnOnce(`${failure}: it is left out`),
  };
  const all = await StoreList.open(root, file, listener, userOf(project), spec);
  try {
    await all.written.remote.connect();
    return await act({ project, store: all.written, spec, isOneOfSeveral: true, all });
  } catch (error) {
    throw storeError(spec.url, error);
  } finally {
    await all.close();
  }
}

/** Several passes over a store meet the same damage. */
function once(warn: (message: string) => void): (message: string) => void {
  const warned = new Set<string>();
  return (message) => {
    if (!warned.has(message)) warn(message);
    warned.add(message);
  };
}

/** The store, connected: once more where its lost `store.json` was written again. */
async function connect(
  spec: StoreSpec,
  project: OpenedProject,
  warn: (message: string) => void,
  onRestored: ConnectOptions['onRestored'],
): Promise<RemoteStore> {
  const remote = await RemoteStore.open(spec, userOf(project), warn);
  try {
    await remote.connect();
    return remote;
  } catch (error) {
    const isLost = onRestored !== undefined && error instanceof MissingStore;
    const isRestored = isLost && (await restoreStoreFile(remote));
    await remote.close();
    if (!isRestored) throw storeError(spec.url, error);
    onRestored(spec.url);
    return await connect(spec, project, warn, undefined);
  }
}

/** An error that names the store where a store failed: buckets give the reason alone. */
export const storeError = (url: string, error: unknown): unknown =>
  isStoreFailure(error) ? new UserError(describeFailure(url, error)) : error;

const userOf = ({ env }: OpenedProject): StoreUser => ({ key: readKey(keyFile(env)), env });

const makeHint = 'Make one: restage store init <folder, s3://…, ssh://… or another address>';

/** The `store.yaml` of a project. Throws a `PipelineError` where there is none. */
export function storesOf({ root }: OpenedProject): StoreFile {
  const file = orThrow(loadStoreFile(root));
  if (file === undefined) throw mistake('no-store', 'This project has no store.yaml', makeHint);
  return file;
}

/** The store of an address, or the written one. Throws a `UsageError` for an unknown address. */
export function chooseStore(
  { stores, written }: StoreFile,
  address: string | undefined,
): StoreSpec {
  if (address === undefined) return written;
  const chosen = stores.find(({ url }) => url === address);
  if (chosen !== undefined) return chosen;
  const known = stores.map(({ url }) => url).join(', ');
  throw new UsageError(`store.yaml has no store "${address}", only ${known}`);
}
