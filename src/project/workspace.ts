import { existsSync } from 'node:fs';
import { backendNames } from '../backend/select/backend-names.ts';
import type { StageName } from '../engine/config/pipeline.ts';
import { machineCapacity } from '../engine/execution/machine-capacity.ts';
import { cacheOf } from '../engine/files/cache-paths.ts';
import { DigestIndex } from '../engine/files/digest-index.ts';
import type { Listing } from '../engine/files/listing.ts';
import { isReadOnly, WriteError } from '../engine/files/write-error.ts';
import { checkPlaces, loadPlaces, type Places } from '../engine/places/place-file.ts';
import { ContentsChecks } from '../engine/plan/contents-checks.ts';
import type { Workspace } from '../engine/plan/examine.ts';
import type { FetchPolicy } from '../engine/plan/fetch-policy.ts';
import { type PlannedPending, type PlannedStage, plan } from '../engine/plan/plan.ts';
import { Ledger } from '../engine/seals/ledger.ts';
import { LocalStore } from '../engine/store/local-store.ts';
import { findLoaded, LoadedCode } from '../engine/store/remembered-code.ts';
import { loadStoreFile, storeFile } from '../engine/store/remote/store-file.ts';
import type { Traffic } from '../engine/store/remote/store-reports.ts';
import type { Store } from '../engine/store/store.ts';
import { UnsharedStore } from '../engine/store/unshared-store.ts';
import type { Environment } from '../environment.ts';
import { checkPortable } from './check-portable.ts';
import { schedulersOf } from './own-scheduler.ts';
import { orThrow, PipelineError } from './pipeline-error.ts';
import {
  type CheckedPipeline,
  finalsOf,
  pendingDecision,
  type Selection,
  selectedNodes,
} from './selection.ts';

/**
 * The places of the project. Throws the mistakes of `places.yaml`, and of stages that ask for what
 * their place lacks.
 */
export async function openPlaces(selection: Selection, on: string | undefined): Promise<Places> {
  const { root, kinds, stages, pending, env } = selection;
  const places = orThrow(await loadPlaces(root, { kinds, openForm: schedulersOf(root) }));
  const mistakes = checkPlaces([...stages, ...pending], places, {
    on,
    gpus: machineCapacity(env, places.localGpus).gpu,
  });
  if (mistakes.length > 0) throw new PipelineError(mistakes);
  const stuck = checkPortable(selection, places, on);
  if (stuck.length > 0) throw new PipelineError(stuck);
  return places;
}

/** With fewer stages that never ran here, single requests take no longer than the list of runs. */
const manyUnknown = 64;

/** How facts about stages are looked up. */
export interface WorkspaceOptions {
  readonly rehash?: boolean;
  /** False: the shared store is left out. */
  readonly store?: boolean;
  readonly fetch?: FetchPolicy['mode'];
  readonly onTraffic?: (traffic: Traffic) => void;
}

/**
 * Opens what stages are decided from. `warn` gets a message about damage in the store; `rehash`
 * ignores remembered digests.
 */
export async function openWorkspace(
  selection: Selection,
  backend: string,
  warn: (message: string) => void,
  { rehash = false, fetch = 'needed', ...options }: WorkspaceOptions = {},
): Promise<Workspace> {
  const { root, env, kinds, pipeline, graph, forced, named, stages, pending } = selection;
  const store = await openStore({ root, env, warn }, options);
  if (stages.length - store.local.countLatest(pipeline.name) > manyUnknown)
    await store.expect?.(pipeline.name);
  const digests = new DigestIndex(store.local.folder, { rehash });
  return {
    fetches: { mode: fetch, finals: finalsOf(named, [...stages, ...pending]) },
    pipeline,
    graph,
    env,
    store,
    digests,
    ledger: new Ledger(root),
    listings: new Map(),
    contents: contentsChecks(selection, digests),
    backend: backend === 'auto' ? undefined : backend,
    backends: backendNames.filter((name) => name !== 'auto'),
    forced,
    loadedCode: new LoadedCode((stage, loaded) =>
      findLoaded(kinds.get(stage.kind)!.spec, stage, { root, env }, loaded),
    ),
  };
}

/** What is known of a run's files and results, for the pipeline with further lists. */
export function grownWorkspace(
  { fetches, ...workspace }: Workspace,
  selection: Selection,
): Workspace {
  const { pipeline, graph, forced, named, stages, pending } = selection;
  return {
    ...workspace,
    pipeline,
    graph,
    forced,
    contents: contentsChecks(selection, workspace.digests),
    ...(fetches && { fetches: { ...fetches, finals: finalsOf(named, [...stages, ...pending]) } }),
  };
}

/** The checks of what the inputs of a pipeline's stages hold. */
export function contentsChecks(
  { root, graph, kinds }: CheckedPipeline,
  digests: DigestIndex,
): ContentsChecks {
  const listings = new Map<string, Promise<Listing>>();
  return new ContentsChecks({
    root,
    graph,
    cache: cacheOf(root),
    checkOf: (kind) => kinds.get(kind)?.spec.contents,
    list: (path) => {
      const listing = listings.get(path) ?? digests.list(path, { modes: false });
      listings.set(path, listing);
      return listing;
    },
  });
}

/** A project, as far as its store is concerned. */
interface StoreOwner {
  readonly root: string;
  /** Where the user's key, credentials and proxies come from. */
  readonly env: Environment;
  readonly warn: (message: string) => void;
}

/**
 * The project's store, with the shared ones of its `store.yaml`. The code for these is loaded where
 * there are any.
 */
export async function openStore(
  { root, env, warn }: StoreOwner,
  { store, onTraffic }: WorkspaceOptions = {},
): Promise<Store> {
  if (store === false || !existsSync(storeFile(root)))
    return new UnsharedStore(new LocalStore(root, warn));
  const file = orThrow(loadStoreFile(root))!;
  const { keyFile, readKey } = await import('../engine/store/remote/keys.ts');
  const listener = { warn, ...(onTraffic !== undefined && { onTraffic }) };
  const user = { env, key: readKey(keyFile(env)) };
  const [spec, ...more] = file.stores;
  if (more.length > 0) {
    const { StoreList } = await import('../engine/store/remote/store-list.ts');
    return await StoreList.open(root, file, listener, user);
  }
  const { SharedStore } = await import('../engine/store/remote/shared-store.ts');
  return await SharedStore.open(root, spec!, listener, user);
}

/**
 * What a run would do with the chosen stages. It keeps what it learned of files, unless the disk is
 * read-only.
 */
export async function planSelection(
  selection: Selection,
  backend = 'auto',
  options: WorkspaceOptions = {},
): Promise<readonly PlannedStage[]> {
  const workspace = await openWorkspace(selection, backend, selection.warn, options);
  const planned = await plan(selection.stages, workspace).finally(() => workspace.store.close());
  saveDigests(workspace.digests, selection);
  return planned;
}

/** The same with the stages that are pending, in their order. */
export async function planNodes(
  selection: Selection,
): Promise<readonly (PlannedStage | PlannedPending)[]> {
  const planned = new Map<StageName, PlannedStage | PlannedPending>();
  for (const stage of selection.pending)
    planned.set(stage.name, { stage, decision: pendingDecision(stage, selection) });
  for (const known of await planSelection(selection)) planned.set(known.stage.name, known);
  return selectedNodes(selection).map(({ name }) => planned.get(name)!);
}

/** Keeps what was learned of files, unless the disk is read-only. */
export function saveDigests(digests: DigestIndex, { warn }: CheckedPipeline): void {
  try {
    digests.save();
  } catch (error) {
    if (!(error instanceof WriteError)) throw error;
    if (!isReadOnly(error)) warn(error.message);
  }
}
