import { LocalStore } from '../../engine/store/local-store.ts';
import {
  describeFailure,
  isStoreFailure,
  MissingStore,
} from '../../engine/store/remote/buckets/bucket.ts';
import { keyFile, readKey } from '../../engine/store/remote/keys.ts';
import { RemoteStore } from '../../engine/store/remote/remote-store.ts';
import { restoreStoreFile } from '../../engine/store/remote/repair-shared.ts';
import { SharedStore } from '../../engine/store/remote/shared-store.ts';
import { loadStoreFile, type StoreSpec } from '../../engine/store/remote/store-file.ts';
import { UserError } from '../../user-error.ts';
import type { OpenedProject } from '../opened-project.ts';
import { mistake, orThrow } from '../pipeline-error.ts';

/** The shared store of a project, while it is connected. */
export interface ConnectedStore {
  readonly project: OpenedProject;
  readonly store: SharedStore;
  readonly spec: StoreSpec;
}

interface ConnectOptions {
  /** Told before a lost `store.json` is used that was written again; absent: none is written. */
  readonly onRestored?: ((url: string) => void) | undefined;
}

/**
 * Connects the shared store of a project, acts on it, and closes it. Throws a `PipelineError` where
 * the project has none, and a `UserError` that names the store where it fails.
 */
export async function withSharedStore<T>(
  project: OpenedProject,
  act: (connected: ConnectedStore) => Promise<T>,
  { onRestored }: ConnectOptions = {},
): Promise<T> {
  const { root, warn } = project;
  const spec = specOf(project);
  const remote = await connect(spec, project, once(warn), onRestored);
  try {
    const store = new SharedStore(new LocalStore(root, warn), remote, spec, {
      warn,
      onFailure: () => {}, // a pull says what it could not bring
    });
    return await act({ project, store, spec });
  } catch (error) {
    throw storeError(spec.url, error);
  } finally {
    await remote.close();
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
  const { env } = project;
  const remote = await RemoteStore.open(spec, { key: readKey(keyFile(env)), env }, warn);
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

const makeHint = 'Make one: restage store init <folder, s3://… or ssh://…>';

/** The `store.yaml` of a project. Throws a `PipelineError` where there is none. */
export function specOf({ root }: OpenedProject): StoreSpec {
  const spec = orThrow(loadStoreFile(root));
  if (spec === undefined) throw mistake('no-store', 'This project has no store.yaml', makeHint);
  return spec;
}
