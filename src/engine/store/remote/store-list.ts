import { existsSync } from 'node:fs';
import type { Digest } from '../../../digest.ts';
import type { LocalStore } from '../local-store.ts';
import type { RunManifest } from '../runs/run-manifest.ts';
import { type Lookup, objectsOf, type StageResult, type StoredArtifact } from '../stage-result.ts';
import type { Outbox, Store } from '../store.ts';
import type { StoreUser } from './remote-store.ts';
import type { FindOrigin } from './shared-outbox.ts';
import { SharedStore } from './shared-store.ts';
import type { StoreFile, StoreSpec } from './store-file.ts';
import type { StoreListener, Traffic } from './store-reports.ts';

/**
 * The stores that a project shares, where `store.yaml` names several. They are asked in their order
 * for what is missing here, and what is made here goes to the written one.
 *
 * A result of another store: used, and whole here → waiting to be sent to the written one → there,
 * with the signature of its owner. A store that fails is left out, as if it had nothing; what waits
 * for the written one stays.
 */
export class StoreList implements Store, Outbox {
  readonly local: LocalStore;
  readonly stores: readonly SharedStore[];
  readonly written: SharedStore;
  readonly outbox: Outbox = this;
  /** Which store gave the last answer about a result. */
  readonly #chosen = new Map<Digest, SharedStore>();
  /** The results of artifacts that stores named. */
  readonly #makers = new Map<Digest, Digest>();
  /** Results of other stores that this run used before all of their bytes were here. */
  readonly #used = new Set<Digest>();

  private constructor(stores: readonly SharedStore[], written: SharedStore) {
    this.stores = stores;
    this.written = written;
    this.local = written.local;
  }

  /** Opens all stores, of which `written` gets results: by default that of the file. */
  static async open(
    root: string,
    { stores: specs, ...file }: StoreFile,
    listener: StoreListener,
    user: StoreUser,
    written: StoreSpec = file.written,
  ): Promise<StoreList> {
    const joined = joinTraffic(listener);
    const opened: SharedStore[] = [];
    const findOrigin: FindOrigin = (fingerprint) => originOf(fingerprint, opened, written.url);
    for (const spec of specs) {
      const besides = specs.flatMap(({ url }) => (url === spec.url ? [] : [url]));
      const options = { besides, findOrigin };
      opened.push(await SharedStore.open(root, spec, joined(spec.url), user, options));
    }
    return new StoreList(opened, opened[specs.findIndex(({ url }) => url === written.url)]!);
  }

  /** What failed at stores, as a sentence without its full stop. */
  get failure(): string | undefined {
    const failures = this.stores.flatMap(({ failure }) => failure ?? []);
    return failures.length === 0 ? undefined : failures.join('. ');
  }

  async expect(pipeline: string): Promise<void> {
    await Promise.all(this.stores.map((store) => store.expect(pipeline)));
  }

  /**
   * The first answer of a store that leads to bytes. A store from which the cache has the result
   * already comes before the others.
   */
  async lookup(fingerprint: Digest): Promise<Lookup> {
    let lost: Lookup | undefined;
    for (const store of this.#inOrder(fingerprint)) {
      const lookup = await store.lookup(fingerprint);
      if (lookup.state === 'missing') continue;
      if (lookup.state === 'elsewhere' || store.isWholeHere(lookup.result)) {
        this.#choose(store, lookup.result);
        return lookup;
      }
      if (lost === undefined) this.#choose(store, lookup.result);
      lost ??= lookup;
    }
    return lost ?? { state: 'missing' };
  }

  #inOrder(fingerprint: Digest): readonly SharedStore[] {
    if (this.local.readResult(fingerprint) === undefined) return this.stores;
    const isKnown = ({ records }: SharedStore) => records.has(fingerprint);
    const known = this.stores.filter(isKnown);
    return [...known, ...this.stores.filter((store) => !known.includes(store))];
  }

  #choose(store: SharedStore, { digest, outputs }: StageResult): void {
    this.#chosen.set(digest, store);
    for (const artifact of Object.values(outputs)) this.#makers.set(artifact.digest, digest);
  }

  readResult(fingerprint: Digest): StageResult | undefined {
    const store = this.#chosen.get(fingerprint);
    return store?.readResult(fingerprint) ?? this.local.readResult(fingerprint);
  }

  async markUsed(fingerprint: Digest): Promise<void> {
    const chosen = this.#chosen.get(fingerprint) ?? this.written;
    await chosen.markUsed(fingerprint);
    for (const store of this.stores) if (store !== chosen) store.noteUse(fingerprint);
    if (!this.#pass(fingerprint)) this.#used.add(fingerprint);
  }

  /**
   * Fetches what is missing of artifacts, from each store that is known to have some of it. What is
   * then still missing is looked up in the stores that were not asked so far.
   */
  async fetch(artifacts: readonly StoredArtifact[], log?: Digest): Promise<boolean> {
    const isHere = () => artifacts.every((artifact) => this.#isHere(artifact));
    if (await this.#fetchKnown(artifacts, log)) return true;
    if (isHere()) return true;
    const missing = artifacts.filter((artifact) => !this.#isHere(artifact));
    const makers = new Set(missing.flatMap(({ digest }) => this.#makers.get(digest) ?? []));
    for (const maker of makers) {
      for (const store of this.stores) await store.lookup(maker);
    }
    return (await this.#fetchKnown(missing, undefined)) || isHere();
  }

  /** False if a store has lost some of what is missing. */
  async #fetchKnown(artifacts: readonly StoredArtifact[], log?: Digest): Promise<boolean> {
    let isWhole = true;
    for (const store of this.stores) {
      const missing = artifacts.filter((artifact) => !this.#isHere(artifact));
      const isLogHere = log === undefined || existsSync(this.local.objectPath(log));
      if (missing.length === 0 && isLogHere) return true;
      if (!(await store.fetch(missing, isLogHere ? undefined : log))) isWhole = false;
    }
    return isWhole;
  }

  #isHere({ files }: StoredArtifact): boolean {
    return files.every(({ digest }) => existsSync(this.local.objectPath(digest)));
  }

  share(result: StageResult): void {
    for (const store of this.stores) store.noteMade(result.digest);
    this.written.outbox.share(result);
  }

  shareRun(manifest: RunManifest, page: string | undefined): void {
    this.written.outbox.shareRun(manifest, page);
  }

  async flush(signal: AbortSignal): Promise<void> {
    for (const fingerprint of this.#used) this.#pass(fingerprint);
    await this.written.outbox.flush(signal);
    for (const store of this.stores) {
      await store.sendUses();
      store.reportTraffic();
    }
  }

  /**
   * Has a result sent to the written store that another one has. False as long as some of its bytes
   * are not here.
   */
  #pass(fingerprint: Digest): boolean {
    const { records, outbox } = this.written;
    if (records.has(fingerprint)) return true;
    if (!this.written.isOfAnother(fingerprint)) return true;
    const result = this.readResult(fingerprint);
    if (result === undefined) return true;
    if (!objectsOf(result).every((digest) => existsSync(this.local.objectPath(digest))))
      return false;
    outbox.pass(result);
    return true;
  }

  async close(): Promise<void> {
    await Promise.all(this.stores.map((store) => store.close()));
  }
}

/** Which store other than the written one gave a result, and the result as it is there. */
async function originOf(
  fingerprint: Digest,
  stores: readonly SharedStore[],
  written: string,
): ReturnType<FindOrigin> {
  let answer: 'gone' | 'no answer' | undefined;
  for (const store of stores) {
    const record = store.records.read(fingerprint);
    if (store.remote.url === written || record?.adopted !== true) continue;
    const findMore = (digest: Digest) => store.findSigned(digest, record.owner);
    const found = await findMore(fingerprint);
    if (found !== undefined) return { found, findMore };
    answer = store.failure === undefined ? (answer ?? 'gone') : 'no answer';
  }
  return answer;
}

/** Adds up what stores report of the bytes that come from them and go there. */
function joinTraffic({ onTraffic, ...listener }: StoreListener): (url: string) => StoreListener {
  if (onTraffic === undefined) return () => listener;
  const byStore = new Map<string, Traffic>();
  return (url) => ({
    ...listener,
    onTraffic: (traffic) => {
      byStore.set(url, traffic);
      const all = [...byStore.values()];
      onTraffic({
        fetched: all.reduce((sum, { fetched }) => sum + fetched, 0),
        sent: all.reduce((sum, { sent }) => sum + sent, 0),
      });
    },
  });
}
