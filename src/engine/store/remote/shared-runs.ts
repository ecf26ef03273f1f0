import { compare } from '../../../sort-order.ts';
import { parseManifest, type RunManifest } from '../runs/run-manifest.ts';
import { type Locations, parseRunKey, runsOf } from './envelope.ts';
import type { KeyId } from './keys.ts';
import type { RemoteStore } from './remote-store.ts';

/** Who signed a run of a shared store, and where its objects lie. */
export interface RunPlace {
  readonly owner: KeyId;
  readonly locations: Locations;
}

/** A run of one of several stores. */
export interface SharedRun<From> extends RunPlace {
  readonly from: From;
  readonly manifest: RunManifest;
}

/** Stores that have a list, and who hears of what is wrong with them. */
interface Asked<From> {
  readonly listed: readonly From[];
  readonly warn: (message: string) => void;
}

/** What is known of a run before it is read. */
interface RunName {
  readonly run: string;
  readonly owner: KeyId;
}

/**
 * The runs of a pipeline, in whichever store, that a trusted key signed, the newest first: those
 * that are wanted when their turn to be read comes.
 */
export async function* sharedRuns<From extends { readonly remote: RemoteStore }>(
  { listed, warn }: Asked<From>,
  pipeline: string,
  isWanted: (name: RunName) => boolean = () => true,
): AsyncGenerator<SharedRun<From>> {
  const entries: { readonly key: string; readonly from: From }[] = [];
  for (const from of listed) {
    for await (const { key } of from.remote.bucket.list(runsOf(pipeline)))
      entries.push({ key, from });
  }
  for (const { key, from } of entries.sort((a, b) => compare(b.key, a.key))) {
    const name = parseRunKey(key);
    if (name === undefined || !isWanted(name)) continue;
    const { run, owner } = name;
    const envelope = await from.remote.readEnvelope('run', key, owner);
    const manifest = envelope && parseManifest(envelope.text);
    if (envelope && !manifest)
      warn(`${key} in ${from.remote.url} is signed, but is no run: it is ignored`);
    if (manifest?.run === run && manifest.pipeline === pipeline)
      yield { from, manifest, owner, locations: envelope!.locations };
  }
}
