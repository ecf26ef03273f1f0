import type { Digest } from '../../../digest.ts';
import { LocalStore } from '../local-store.ts';
import type { RunManifest } from '../runs/run-manifest.ts';
import type { Lookup, StageResult, StoredArtifact } from '../stage-result.ts';
import type { Store } from '../store.ts';
import { Contact } from './contact.ts';
import { type Locations, parseResultKey } from './envelope.ts';
import type { KeyId } from './keys.ts';
import { ObjectFetcher } from './object-fetcher.ts';
import { type RemoteRecord, RemoteRecords } from './remote-records.ts';
import {
  type FoundResult,
  RemoteStore,
  type SignedResult,
  type StoreUser,
} from './remote-store.ts';
import { UseNotes } from './result-uses.ts';
import type { RunEntries } from './run-entries.ts';
import { type FindOrigin, SharedOutbox } from './shared-outbox.ts';
import { type RunPlace, sharedRuns } from './shared-runs.ts';
import type { StoreSpec } from './store-file.ts';
import { type StoreListener, StoreReports } from './store-reports.ts';

/** What to do about bytes that are gone or damaged. */
const repairing = '`restage store verify --repair`, by someone who has them, sends them again';

/** The other stores of a project that shares several. */
interface OtherStores {
  /** Their addresses. */
  readonly besides?: readonly string[];
  /** Where results came from that one of them gave. */
  readonly findOrigin?: FindOrigin;
}

/** What a project says of the store that it shares. */
interface SharedStoreOptions extends OtherStores {
  /** The address, in messages and as the name of its records. */
  readonly url: string;
  /** Whether results that depend on variables of the environment are shared. */
  readonly shareEnv: boolean;
  /** Whether results that hold images of a sealed split are shared; by default not. */
  readonly shareSealed?: boolean;
  /** Results with more bytes are not sent. */
  readonly largestResult?: number | undefined;
  /** What to do about bytes that are gone or damaged; by default, a repair. */
  readonly remedy?: string;
}

/**
 * The local store together with the one that a group shares, which is asked for what is missing
 * here while the {@link Contact} is open. An {@link ObjectFetcher} brings bytes, and a
 * {@link SharedOutbox} sends what is made here.
 *
 * A result of others: unknown → found, by a lookup → adopted, once a stage uses it. Only then is it
 * written here: a plan changes nothing.
 */
export class SharedStore implements Store {
  readonly local: LocalStore;
  readonly remote: RemoteStore;
  readonly records: RemoteRecords;
  readonly outbox: SharedOutbox;
  /** This one alone: a {@link StoreList} has several. */
  readonly stores: readonly SharedStore[] = [this];
  readonly #reports: StoreReports;
  readonly #contact: Contact;
  readonly #objects: ObjectFetcher;
  readonly #uses: UseNotes;
  /** Results that were found there and not used so far, so that they are not written here yet. */
  readonly #found = new Map<Digest, FoundResult>();
  readonly #answers = new Map<Digest, Promise<readonly SignedResult[]>>();
  /** What runs say of their results, by who signed them: these need no request of their own. */
  readonly #runs = new Map<KeyId, RunEntries>();
  /** What the cache knows of the other stores that the project has, or had. */
  readonly #besides: readonly RemoteRecords[];
  /** Those among them that the project had. */
  readonly #former: readonly RemoteRecords[];

  constructor(
    local: LocalStore,
    remote: RemoteStore,
    { url, shareEnv, remedy = repairing, ...options }: SharedStoreOptions,
    listener: StoreListener,
  ) {
    const { besides = [], shareSealed = false, largestResult } = options;
    const records = RemoteRecords.of(local.folder, url);
    this.#former = RemoteRecords.former(local.folder, [url, ...besides]);
    this.#besides = [
      ...besides.map((address) => RemoteRecords.of(local.folder, address)),
      ...this.#former,
    ];
    const findOrigin: FindOrigin = async (fingerprint) =>
      (await options.findOrigin?.(fingerprint)) ??
      (this.isOfAnother(fingerprint) ? 'gone' : undefined);
    const reports = new StoreReports(listener);
    const goOn = (failure: string) => reports.warn(`${failure}: this run continues without it`);
    const contact = new Contact(remote, listener.onFailure ?? goOn);
    const onMade = (fingerprint: Digest) => this.noteMade(fingerprint);
    const uses = new UseNotes(remote, contact, records.usesFile);
    this.local = local;
    this.remote = remote;
    this.records = records;
    this.outbox = new SharedOutbox({
      local,
      remote,
      records,
      contact,
      reports,
      shareEnv,
      shareSealed,
      onMade,
      findOrigin,
      largestResult,
      uses,
    });
    this.#reports = reports;
    this.#contact = contact;
    this.#uses = uses;
    this.#objects = new ObjectFetcher({ local, remote, records, contact, reports, remedy });
  }

  static async open(
    root: string,
    spec: StoreSpec,
    listener: StoreListener,
    user: StoreUser,
    others: OtherStores = {},
  ): Promise<SharedStore> {
    const remote = await RemoteStore.open(spec, user, listener.warn);
    const local = new LocalStore(root, listener.warn);
    return new SharedStore(local, remote, { ...spec, ...others }, listener);
  }

  /** Whether the store answers. Throws a refusal. */
  async answers(): Promise<boolean> {
    return (await this.#contact.whileOpen(async () => true)) === true;
  }

  /** What failed at the store, as a sentence without its full stop. */
  get failure(): string | undefined {
    return this.#contact.failure;
  }

  /**
   * A result that is known here, or found in the shared store. One of a key that is no longer
   * trusted is missing.
   */
  async lookup(fingerprint: Digest): Promise<Lookup> {
    const record = this.records.read(fingerprint);
    if (record !== undefined) this.#objects.learn(record.locations);
    const known = this.#isRevoked(fingerprint) ? undefined : this.local.readResult(fingerprint);
    if (known !== undefined && this.#objects.isHere(known)) return { state: 'here', result: known };
    const isKnownThere =
      known !== undefined && record !== undefined && !this.#objects.isLost(known);
    const result = (isKnownThere ? undefined : await this.#find(fingerprint)) ?? known;
    if (result === undefined) return { state: 'missing' };
    const isSettled = this.#objects.isHere(result) || this.#objects.isLost(result);
    return { state: isSettled ? 'here' : 'elsewhere', result };
  }

  readResult(fingerprint: Digest): StageResult | undefined {
    return this.#found.get(fingerprint)?.result ?? this.local.readResult(fingerprint);
  }

  /** Writes a result that was found here, since it is used now. */
  async markUsed(fingerprint: Digest): Promise<void> {
    const result = this.#found.get(fingerprint);
    if (result !== undefined) await this.adopt(result);
    await this.local.markUsed(fingerprint);
    this.noteUse(fingerprint);
  }

  /**
   * Notes that a result is used: of the store, so that its `store gc` keeps the result; of this
   * cache alone, so that the run says that others do not have it.
   */
  noteUse(fingerprint: Digest): void {
    if (this.records.has(fingerprint)) this.#uses.note(fingerprint);
    else if (!this.isOfAnother(fingerprint)) this.outbox.noteUse(fingerprint);
  }

  /** Tells the store which of its results were used. */
  async sendUses(): Promise<void> {
    await this.#uses.send();
  }

  /** Writes a result of the shared store here, and where its objects lie. */
  async adopt({ result, owner, locations }: FoundResult): Promise<void> {
    // Found → adopted. Safe: the record comes first, and after a kill between the two the result is
    // looked up again. A result without it would count as made here, and be sent as the user's own.
    this.records.write(result.digest, { owner, adopted: true, locations });
    await this.local.writeResult(result, { sync: false }); // it can be fetched again
    // What other stores had may be another result.
    for (const records of this.#besides) {
      const other = records.read(result.digest);
      if (other !== undefined && other.owner !== owner) records.remove(result.digest);
    }
    this.#found.delete(result.digest);
    this.#objects.learn(locations);
  }

  /**
   * Fetches what is missing of artifacts, and a log if the store has it. False if some of an
   * artifact are lost.
   */
  async fetch(artifacts: readonly StoredArtifact[], log?: Digest): Promise<boolean> {
    return await this.#objects.fetch(artifacts, log);
  }

  /** Fetches a single object without a signed size. False if it is lost. */
  async fetchObject(digest: Digest, locations: Locations): Promise<boolean> {
    return await this.#objects.fetchObject(digest, locations);
  }

  /** Whether all bytes of a result are here, and it did not come from a key that is not trusted. */
  isWholeHere(result: StageResult): boolean {
    return this.#objects.isHere(result) && !this.#isRevoked(result.digest);
  }

  /** Whether a result came here from another store that the project has, or had. */
  isOfAnother(fingerprint: Digest): boolean {
    return this.#besides.some((records) => records.read(fingerprint)?.adopted === true);
  }

  /**
   * Whether a result came here only from a store that the project had: nobody can be asked for the
   * signature of its owner.
   */
  isOfFormer(fingerprint: Digest): boolean {
    const isAdopted = (records: RemoteRecords) => records.read(fingerprint)?.adopted === true;
    const present = this.#besides.filter((records) => !this.#former.includes(records));
    return this.#former.some(isAdopted) && !present.some(isAdopted);
  }

  /** Forgets that a result came from a store: one that was made here takes its place. */
  noteMade(fingerprint: Digest): void {
    this.#found.delete(fingerprint);
    for (const records of [this.records, ...this.#besides]) records.remove(fingerprint);
  }

  async expect(pipeline: string): Promise<void> {
    if (this.remote.bucket.isReadOnly === true) return;
    const warn = (text: string) => this.#reports.warn(text);
    const keys = [...this.remote.trusted.keys()];
    /** How many keys come before that of the newest run. */
    let before = keys.length;
    const isFirst = ({ owner }: { readonly owner: KeyId }) =>
      keys.indexOf(owner) < before && !this.#runs.has(owner);
    await this.#contact.whileOpen(async () => {
      for await (const run of sharedRuns({ listed: [this], warn }, pipeline, isFirst)) {
        if (this.#runs.size === 0) before = keys.indexOf(run.owner);
        await this.learnRun(run.manifest, run);
      }
    });
  }

  /** Reads what a signed run says of its results, if it does. */
  async learnRun(manifest: RunManifest, { owner, locations }: RunPlace): Promise<void> {
    const read = () => this.remote.readEntries(manifest, locations);
    this.#runs.set(owner, (await this.#contact.whileOpen(read)) ?? new Map());
  }

  /** A result that an owner signed; undefined where the store has none, or no longer answers. */
  async findSigned(fingerprint: Digest, owner: KeyId): Promise<SignedResult | undefined> {
    return (await this.#answer(fingerprint)).find((found) => found.owner === owner);
  }

  /**
   * All results of the shared store, with whether a trusted key signed one. Forgets records of
   * results that it no longer has, except those of revoked keys: forgotten, they would count as
   * made here, and be signed again.
   */
  async listResults(): Promise<ReadonlyMap<Digest, boolean>> {
    const signed = new Map<Digest, boolean>();
    for await (const { key, size } of this.remote.bucket.list('results/')) {
      const { fingerprint, owner } = parseResultKey(key) ?? {};
      // A power cut of the host leaves it empty.
      if (fingerprint === undefined || size === 0) continue;
      const isTrusted = this.remote.trusted.has(owner!);
      signed.set(fingerprint, signed.get(fingerprint) === true || isTrusted);
    }
    const isKept = (digest: Digest) =>
      signed.get(digest) === true || isRevoked(this.records.read(digest), this.remote);
    this.records.keepOnly(isKept, this.remote.collected);
    return signed;
  }

  /** Reports all bytes that were fetched and sent, if there were any. */
  reportTraffic(): void {
    this.#reports.reportAll();
  }

  async close(): Promise<void> {
    this.outbox.close();
    this.#uses.close();
    this.#reports.endWarnings();
    await this.remote.close();
  }

  /** Whether a result came here from a key that is no longer trusted, by whichever store. */
  #isRevoked(fingerprint: Digest): boolean {
    return [this.records, ...this.#besides].some((records) =>
      isRevoked(records.read(fingerprint), this.remote),
    );
  }

  /**
   * The first result of the shared store whose bytes are not known to be lost; else the first one.
   */
  async #find(fingerprint: Digest): Promise<StageResult | undefined> {
    const isSound = ({ result }: FoundResult) => !this.#objects.isLost(result);
    const named = this.#named(fingerprint);
    const results =
      named !== undefined && isSound(named) ? [named] : await this.#answer(fingerprint);
    const chosen = results.find(isSound) ?? results[0];
    if (chosen === undefined) return undefined;
    this.#found.set(fingerprint, chosen);
    return chosen.result;
  }

  /** A result as the runs say that were read: that of the first key, if several name it. */
  #named(fingerprint: Digest): FoundResult | undefined {
    for (const owner of this.remote.trusted.keys()) {
      const entry = this.#runs.get(owner)?.get(fingerprint);
      const result = entry && this.remote.parseResult(entry.text, fingerprint);
      if (result === undefined) continue;
      this.#objects.learn(entry!.locations);
      return { result, owner, locations: entry!.locations };
    }
    return undefined;
  }

  #answer(fingerprint: Digest): Promise<readonly SignedResult[]> {
    const answer = this.#answers.get(fingerprint) ?? this.#ask(fingerprint);
    this.#answers.set(fingerprint, answer);
    return answer;
  }

  async #ask(fingerprint: Digest): Promise<readonly SignedResult[]> {
    const all = (await this.#contact.whileOpen(() => this.remote.findResults(fingerprint))) ?? [];
    for (const { locations } of all) this.#objects.learn(locations);
    return all;
  }
}

const isRevoked = (record: RemoteRecord | undefined, { trusted }: RemoteStore): boolean =>
  record?.adopted === true && !trusted.has(record.owner);
