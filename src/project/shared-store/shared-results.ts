import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest } from '../../digest.ts';
import { pipelineName } from '../../engine/config/pipeline-name.ts';
import { reportPath } from '../../engine/config/published-paths.ts';
import { inCache } from '../../engine/files/cache-paths.ts';
import { digestsIn } from '../../engine/files/entries-in.ts';
import { Notes } from '../../engine/notes/notes.ts';
import type { Latest } from '../../engine/store/local-store.ts';
import { collectShared, type SharedGarbage } from '../../engine/store/remote/collect-shared.ts';
import type { Entry } from '../../engine/store/remote/entry.ts';
import { ensureKey, keyFile } from '../../engine/store/remote/keys.ts';
import {
  damagedEntries,
  noteMissing,
  type Repair,
  repairShared,
} from '../../engine/store/remote/repair-shared.ts';
import type { SharedStore } from '../../engine/store/remote/shared-store.ts';
import { StoreList } from '../../engine/store/remote/store-list.ts';
import { type SharedFaults, verifyShared } from '../../engine/store/remote/verify-shared.ts';
import { groupBy } from '../../group-by.ts';
import { findTarget } from '../find-target.ts';
import { mistake } from '../pipeline-error.ts';
import { lastRunOf } from '../stored-runs/last-run.ts';
import { type PulledRun, type PullOptions, pull } from '../stored-runs/pull.ts';
import type { ConnectedStore, ConnectedStores } from './connect.ts';
import { ownName } from './trusted-keys.ts';

/** What a shared store and the cache have of each other. All are counts of results. */
interface SharedStatus {
  readonly trusted: number;
  /** Those without a signature that `store.yaml` trusts. */
  readonly untrusted: number;
  /** Those that are known here. */
  readonly known: number;
  /** Those that are here, not there, and could be sent. */
  readonly unsent: number;
  /** Those that came from a store which the project no longer names. */
  readonly former: number;
  /** Those that are not to be shared. */
  readonly kept: number;
  /** Why the user can only read; undefined for one who may write. */
  readonly whyReadOnly: string | undefined;
}

/** Compares a shared store with the cache. */
export async function sharedStatus(connected: ConnectedStore): Promise<SharedStatus> {
  const { store } = connected;
  const there = await store.listResults();
  const { known, unknown } = localResults(store);
  const former = new Set(unknown.filter((digest) => store.isOfFormer(digest)));
  const results = unknown
    .filter((digest) => !former.has(digest))
    .flatMap((digest) => store.readResult(digest) ?? [])
    .filter((result) => !store.isOfAnother(result.digest) || store.isWholeHere(result));
  const shareable = results.filter((result) => store.outbox.isShareable(result));
  const trusted = [...there.values()].filter((isTrusted) => isTrusted).length;
  return {
    trusted,
    untrusted: there.size - trusted,
    known: known.size,
    unsent: shareable.filter(({ digest }) => there.get(digest) !== true).length,
    former: former.size,
    kept: results.length - shareable.length,
    whyReadOnly: whyReadOnly(store),
  };
}

/** How many results a push would send; 0 where the user can only read. */
export async function countUnsent(connected: ConnectedStore): Promise<number> {
  const { store } = connected;
  if (store.remote.own === undefined || localResults(store).unknown.length === 0) return 0;
  return (await sharedStatus(connected)).unsent;
}

/** What a push sent. */
interface SentResults {
  readonly sent: number;
  readonly bytes: number;
  /** How many parcels were not sent. Warnings say why. */
  readonly failed: number;
}

/**
 * Sends the results that are only here, the last runs of their pipelines, and last runs about
 * which people wrote. Throws a
 * `PipelineError` where the user can only read.
 */
export async function sendResults(connected: ConnectedStore): Promise<SentResults> {
  needOwnKey(connected, 'send results');
  const { store } = connected;
  await store.listResults();
  await noteMissing(store);
  const { unknown } = localResults(store);
  const isUnknown = new Set(unknown);
  const latest = store.local.allLatest();
  const isNew = (digest: Digest) => {
    const result = isUnknown.has(digest) ? store.readResult(digest) : undefined;
    return result !== undefined && store.outbox.isShareable(result);
  };
  const made = [...groupBy(latest, ({ pipeline }) => pipeline)].flatMap(([pipeline, stages]) =>
    stages.some(({ result }) => isNew(result)) ? [pipeline] : [],
  );
  const pipelines = [...made, ...notedPipelines(connected)];
  for (const pipeline of new Set(pipelines)) await shareLastRun(connected, pipeline, latest);
  let bytes = 0;
  const onProgress = (more: number) => {
    bytes += more;
  };
  const { sent, failed } = await store.outbox.send(unknown, { onProgress });
  return { sent, bytes, failed };
}

/** The pipelines about whose last run people wrote: it is sent again with what they wrote since. */
function notedPipelines({ project: { root }, store }: ConnectedStore): readonly string[] {
  const noted = [...new Notes(root).noted.values()];
  const pipelines = [...new Set(noted.map(({ pipeline }) => pipeline))];
  return pipelines.filter((pipeline) => {
    const [last] = store.local.runsOf(pipeline, 1);
    return noted.some(({ run }) => run === last?.id);
  });
}

/** Sends again what the store is known to have lost, and says of how many entries. */
export async function mendKnownDamage(
  connected: ConnectedStore,
): Promise<{ readonly damaged: number; readonly mended: number }> {
  const entries = damagedEntries(connected.store);
  if (entries.length === 0) return { damaged: 0, mended: 0 };
  const { mended } = await repairEntries(connected, entries);
  return { damaged: entries.length, mended: mended.length };
}

/**
 * Publishes the last shared run of the pipeline that words name. Of several stores, the written one
 * gets what others gave.
 */
export async function pullResults(
  { project, all: store }: ConnectedStores,
  words: readonly string[],
  options: PullOptions,
): Promise<PulledRun> {
  const { root, env, warn } = project;
  const { file, stages } = findTarget({ words }, project);
  const pipeline = pipelineName(file, root);
  const pulled = await pull({ root, env, store, warn }, { pipeline, stages }, options);
  if (store instanceof StoreList) await store.flush(new AbortController().signal);
  else await store.sendUses();
  return pulled;
}

/**
 * Reads every shared result and byte, and notes the damage. Throws a `PipelineError` before where a
 * repair is to follow and the user can only read.
 */
export async function verifyResults(
  connected: ConnectedStore,
  { repairs }: { readonly repairs: boolean },
): Promise<SharedFaults> {
  if (repairs) needOwnKey(connected, 'repair the store');
  const { store } = connected;
  const faults = await verifyShared(store.remote);
  store.records.damage.replace(faults.locations);
  return faults;
}

/** Sends again what entries lack. */
export async function repairEntries(
  { project, store }: ConnectedStore,
  entries: readonly Entry[],
): Promise<Repair> {
  return await repairShared(store, entries, (pipeline) => join(project.root, reportPath(pipeline)));
}

/**
 * Frees a shared store of results that nobody stored or used within `keep` milliseconds, and of the
 * least recently used ones until it has `keepSize` bytes, or says what would go.
 */
export async function collectResults(
  { store }: ConnectedStore,
  options: {
    readonly keep: number;
    readonly keepSize: number | undefined;
    readonly remove: boolean;
  },
): Promise<SharedGarbage> {
  return await collectShared(store.remote.bucket, options);
}

/** Results of this cache, split by whether the shared store is known to have them. */
function localResults(store: SharedStore) {
  const known = new Set(store.records.all());
  return {
    known,
    unknown: digestsIn(inCache(store.local.folder, 'results')).filter(
      (digest) => !known.has(digest),
    ),
  };
}

/**
 * Throws if the user can only read. The message has the user's public key, made if need be, for
 * whoever decides about store.yaml: in a course that is not the student.
 */
function needOwnKey({ project, store }: ConnectedStore, purpose: string): void {
  const reason = whyReadOnly(store);
  if (reason === undefined) return;
  const message = `Cannot ${purpose}: ${reason}`;
  if (reason === atWebAddress) throw mistake('no-store', message);
  const command = `restage store keys add ${ownName()} ${ensureKey(keyFile(project.env)).text}`;
  throw mistake(
    'no-store',
    message,
    `Give your public key to whoever keeps store.yaml, who adds it: ${command}`,
  );
}

const atWebAddress = 'the store is at a web address, which is only read';

function whyReadOnly({ remote }: SharedStore): string | undefined {
  if (remote.own !== undefined) return undefined;
  if (remote.bucket.isReadOnly === true) return atWebAddress;
  return 'you can only read, since store.yaml names no key of yours';
}

/**
 * Queues the record of a pipeline's last run for the shared store if the run succeeded: it may be
 * older than store.yaml.
 */
async function shareLastRun(
  { project: { root }, store }: ConnectedStore,
  pipeline: string,
  latest: readonly Latest[],
): Promise<void> {
  const [last] = store.local.runsOf(pipeline, 1);
  const outcomes = Object.values(last?.readRecord()?.stages ?? {}).map(({ outcome }) => outcome);
  const isWhole =
    outcomes.length > 0 &&
    !outcomes.some((outcome) => /^(failed|blocked|cancelled)$/.test(outcome));
  if (!isWhole || store.records.unsentRuns().includes(last!.id)) return;
  const page = join(root, reportPath(pipeline));
  const { manifest, results } = await lastRunOf(root, store.local, pipeline, latest);
  store.outbox.shareRun(manifest, existsSync(page) ? page : undefined, results);
}
