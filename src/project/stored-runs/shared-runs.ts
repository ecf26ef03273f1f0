import { type Locations, parseRunKey, runsOf } from '../../engine/store/remote/envelope.ts';
import type { SharedStore } from '../../engine/store/remote/shared-store.ts';
import type { StoreList } from '../../engine/store/remote/store-list.ts';
import { parseManifest, type RunManifest } from '../../engine/store/runs/run-manifest.ts';
import { compare } from '../../sort-order.ts';

/** The shared stores of a project. */
export type PulledStore = SharedStore | StoreList;

/** A run of a shared store, and where its manifest and its report lie. */
interface SharedRun {
  readonly from: SharedStore;
  readonly manifest: RunManifest;
  readonly locations: Locations;
}

/** Stores that have a list, and who hears of what is wrong with them. */
interface Asked {
  readonly listed: readonly SharedStore[];
  readonly warn: (message: string) => void;
}

/**
 * The runs of a pipeline, in whichever store, that a trusted key signed, the newest first; with
 * `beginning`, only those whose names begin so.
 */
export async function* sharedRuns(
  { listed, warn }: Asked,
  pipeline: string,
  beginning = '',
): AsyncGenerator<SharedRun> {
  const entries: { readonly key: string; readonly from: SharedStore }[] = [];
  for (const from of listed) {
    for await (const { key } of from.remote.bucket.list(runsOf(pipeline)))
      entries.push({ key, from });
  }
  for (const { key, from } of entries.sort((a, b) => compare(b.key, a.key))) {
    const { run, owner } = parseRunKey(key) ?? {};
    if (run === undefined || !run.startsWith(beginning)) continue;
    const envelope = await from.remote.readEnvelope('run', key, owner!);
    const manifest = envelope && parseManifest(envelope.text);
    if (envelope && !manifest)
      warn(`${key} in ${from.remote.url} is signed, but is no run: it is ignored`);
    if (manifest?.run === run && manifest.pipeline === pipeline)
      yield { from, manifest, locations: envelope!.locations };
  }
}

/** The stores that answer and have a list. A single one says by itself why it has none. */
export async function storesWithList({ stores }: PulledStore): Promise<readonly SharedStore[]> {
  if (stores.length === 1) return stores;
  const listable: SharedStore[] = [];
  for (const store of stores) {
    if (store.remote.bucket.isReadOnly !== true && (await store.answers())) listable.push(store);
  }
  return listable;
}
