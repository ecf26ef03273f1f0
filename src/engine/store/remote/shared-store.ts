import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Digest, sha256 } from '../../../digest.ts';
import { formatCountOf } from '../../../format-numbers.ts';
import { shellQuote } from '../../../shell/shell-quote.ts';
import { UserError } from '../../../user-error.ts';
import { writeAtomic } from '../../files/write-atomic.ts';
import { writing } from '../../files/write-error.ts';
import { LocalStore } from '../local-store.ts';
import type { ManifestStage, RunManifest } from '../run-manifest.ts';
import {
  hasRepository,
  type Lookup,
  objectsOf,
  type StageResult,
  type StoredArtifact,
  signpostsOf,
} from '../stage-result.ts';
import type { Outbox, Store } from '../store.ts';
import { writeObject } from '../store-object.ts';
import { RefusedRequest } from './buckets/bucket.ts';
import { Contact } from './contact.ts';
import { type Location, type Locations, parseResultKey, resultKey, runKey } from './envelope.ts';
import { KnownDamage } from './known-damage.ts';
import { type Parcel, Push, type PushOptions } from './push.ts';
import { type RemoteRecord, RemoteRecords } from './remote-records.ts';
import {
  type FoundResult,
  RemoteStore,
  type StoreUser,
  type WantedObject,
} from './remote-store.ts';
import type { StoreSpec } from './store-file.ts';
import type { Traffic } from './traffic.ts';

/**
 * Milliseconds between two uploads of at most a pack while a run is under way: small results gather
 * meanwhile.
 */
const uploadPause = 60_000;
/** Milliseconds between two reports of traffic. */
const reportPause = 1_000;

/** What to do about bytes that are gone or damaged. */
const repairing = '`restage store verify --repair`, by someone who has them, sends them again';

/** How results are sent: see {@link Push}. */
type SendOptions = Pick<PushOptions, 'signal' | 'onProgress' | 'onePack' | 'damage'>;

/** What a project says of the store that it shares. */
export interface SharedStoreOptions {
  /** The address, in messages and as the name of its records. */
  readonly url: string;
  /** Whether results that depend on variables of the environment are shared. */
  readonly shareEnv: boolean;
  /** What to do about bytes that are gone or damaged; by default, a repair. */
  readonly remedy?: string;
}

/** Gets warnings, and reports of what is fetched and sent. */
export interface StoreListener {
  readonly warn: (message: string) => void;
  /**
   * Called once when the store fails, with a sentence without its full stop. By default it warns
   * that the run goes on.
   */
  readonly onFailure?: (failure: string) => void;
  readonly onTraffic?: (traffic: Traffic) => void;
}

/**
 * The local store together with the one that a group shares, which is asked for what is missing
 * here while the {@link Contact} is open.
 *
 * A result of others: unknown → found, by a lookup → adopted, once a stage uses it. Only then is it
 * written here: a plan changes nothing.
 *
 * An object: elsewhere → being fetched → here, or lost where every location has other bytes. Then
 * the stage runs again that made it.
 *
 * A result of this machine: made → waiting, by `share` → sent, by a push during the run, at its end
 * or later. Its bytes go first, then its signed entry: others never see an entry without bytes.
 *
 * A run: kept by `shareRun` → sent, after its results.
 */
export class SharedStore implements Store, Outbox {
  readonly local: LocalStore;
  readonly remote: RemoteStore;
  readonly records: RemoteRecords;
  #reportedAt = 0;
  #traffic: Traffic = { fetched: 0, sent: 0 };
  readonly #shareEnv: boolean;
  readonly #remedy: string;
  #warn: (message: string) => void;
  readonly #onTraffic: (traffic: Traffic) => void;
  readonly #contact: Contact;
  /**
   * Why the store takes nothing, although it can be read; undefined as long as it is not known to
   * refuse.
   */
  #refusal: string | undefined;
  /** Results that were found there and not used so far, so that they are not written here yet. */
  readonly #found = new Map<Digest, FoundResult>();
  readonly #asked = new Map<Digest, Promise<readonly FoundResult[]>>();
  /** Where objects lie: entries of several keys may lead to several locations. */
  readonly #locations = new Map<Digest, readonly Location[]>();
  /** Objects that could not be fetched in this run. */
  readonly #lost = new Set<Digest>();
  /** Where this run looked in vain. */
  readonly #failed = new KnownDamage();
  readonly #fetching = new Map<Digest, Promise<unknown>>();
  #sending: Promise<void> = Promise.resolve();
  /**
   * Where objects lie by the records, read once, since a run sends every minute. A push asks before
   * it relies on one.
   */
  #located: Map<Digest, Location> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    local: LocalStore,
    remote: RemoteStore,
    { url, shareEnv, remedy = repairing }: SharedStoreOptions,
    listener: StoreListener,
  ) {
    const { warn, onTraffic = () => {} } = listener;
    this.local = local;
    this.remote = remote;
    this.records = new RemoteRecords(local.folder, url);
    this.#shareEnv = shareEnv;
    this.#remedy = remedy;
    this.#warn = warn;
    this.#onTraffic = onTraffic;
    const goOn = (failure: string) => this.#warn(`${failure}: this run continues without it`);
    this.#contact = new Contact(remote, listener.onFailure ?? goOn);
  }

  static async open(
    root: string,
    spec: StoreSpec,
    listener: StoreListener,
    user: StoreUser,
  ): Promise<SharedStore> {
    const remote = await RemoteStore.open(spec, user, listener.warn);
    return new SharedStore(new LocalStore(root, listener.warn), remote, spec, listener);
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
    if (record !== undefined) this.#learn(record.locations);
    const known = this.#isRevoked(record) ? undefined : this.local.readResult(fingerprint);
    if (known !== undefined && this.#isHere(known)) return { state: 'here', result: known };
    const isKnownThere = known !== undefined && record !== undefined && !this.#isLost(known);
    const result = (isKnownThere ? undefined : await this.#find(fingerprint)) ?? known;
    if (result === undefined) return { state: 'missing' };
    return { state: this.#isHere(result) || this.#isLost(result) ? 'here' : 'elsewhere', result };
  }

  /** Whether a result came here from a key that is no longer trusted. */
  #isRevoked(record: RemoteRecord | undefined): boolean {
    return record?.adopted === true && !this.remote.trusted.has(record.owner);
  }

  readResult(fingerprint: Digest): StageResult | undefined {
    return this.#found.get(fingerprint)?.result ?? this.local.readResult(fingerprint);
  }

  /** Writes a result that was found here, since it is used now. */
  async markUsed(fingerprint: Digest): Promise<void> {
    const found = this.#found.get(fingerprint);
    if (found !== undefined) await this.adopt(found);
    await this.local.markUsed(fingerprint);
  }

  /** Writes a result of the shared store here, and where its objects lie. */
  async adopt({ result, owner, envelope: { locations } }: FoundResult): Promise<void> {
    // Found → adopted. Safe: the record comes first, and after a kill between the two the result is
    // looked up again. A result without it would count as made here, and be sent as the user's own.
    this.records.write(result.digest, { owner, adopted: true, locations });
    await this.local.writeResult(result, { sync: false }); // it can be fetched again
    this.#found.delete(result.digest);
    this.#learn(locations);
  }

  /**
   * Fetches what is missing of artifacts, and a log if the store has it. False if some of an
   * artifact are lost.
   */
  async fetch(artifacts: readonly StoredArtifact[], log?: Digest): Promise<boolean> {
    const files = artifacts.flatMap((artifact) => this.#missing(artifact));
    const wanted = new Map<Digest, WantedObject>(files.map((file) => [file.digest, file]));
    if (
      log !== undefined &&
      !existsSync(this.local.objectPath(log)) &&
      this.#locationOf(log) !== undefined
    ) {
      wanted.set(log, { digest: log, size: undefined });
    }
    const own = [...wanted.values()].filter(
      ({ digest }) => this.#locationOf(digest) !== undefined && !this.#fetching.has(digest),
    );
    const work = this.#fetchAll(own);
    for (const { digest } of own) this.#fetching.set(digest, work);
    await Promise.all([work, ...[...wanted.keys()].map((digest) => this.#fetching.get(digest))]);
    for (const { digest } of own) this.#fetching.delete(digest);
    return !files.some(({ digest }) => this.#lost.has(digest));
  }

  /** Fetches a single object without a signed size. False if it is lost. */
  async fetchObject(digest: Digest, locations: Locations): Promise<boolean> {
    this.#learn(locations);
    if (!existsSync(this.local.objectPath(digest)))
      await this.#fetchAll([{ digest, size: undefined }]);
    return existsSync(this.local.objectPath(digest));
  }

  /** Fetches objects, from another location where one is damaged. */
  async #fetchAll(wanted: readonly WantedObject[]): Promise<void> {
    const left = new Set(wanted.map(({ digest }) => digest));
    let next = wanted;
    while (next.length > 0) {
      const lost = await this.#contact.whileOpen(() => this.#fetchOnce(next, left));
      if (lost === undefined) break;
      this.#noteDamage(lost);
      next = next.filter(
        ({ digest }) => left.has(digest) && this.#locationOf(digest) !== undefined,
      );
    }
    // Being fetched → lost. Safe: only this run knows of it. The next one asks again, and pushes
    // use the damage on disk only to send the bytes again.
    for (const digest of left) this.#lost.add(digest);
    if (this.failure !== undefined || left.size === 0) return;
    this.#warn(
      `${left.size} of the objects in ${this.remote.url} are gone or damaged: ${this.#remedy}`,
    );
  }

  /** Removes from `left` what came. Returns the others. */
  async #fetchOnce(wanted: readonly WantedObject[], left: Set<Digest>): Promise<readonly Digest[]> {
    return await this.remote.fetch(
      wanted,
      (digest) => this.#locationOf(digest),
      async (digest, chunks) => {
        // Being fetched → here. Safe: bytes are hashed before they get the name of the object.
        const isWhole = await writeObject(this.local.objectPath(digest), this.#counted(chunks));
        if (isWhole) left.delete(digest);
        return isWhole;
      },
    );
  }

  /** Where an object lies, as far as nobody looked there in vain. */
  #locationOf(digest: Digest): Location | undefined {
    return this.#locations.get(digest)?.find((location) => !this.#failed.has(digest, location));
  }

  #noteDamage(lost: readonly Digest[]): void {
    const locations = lost.flatMap((digest) => {
      const location = this.#locationOf(digest);
      return location === undefined ? [] : [{ digest, ...location }];
    });
    this.#failed.add(locations);
    this.records.damage.add(locations);
  }

  async *#counted(chunks: Iterable<Buffer> | AsyncIterable<Buffer>): AsyncIterable<Buffer> {
    for await (const chunk of chunks) {
      this.#count({ fetched: chunk.length });
      yield chunk;
    }
  }

  #count({ fetched = 0, sent = 0 }: Partial<Traffic>): void {
    this.#traffic = { fetched: this.#traffic.fetched + fetched, sent: this.#traffic.sent + sent };
    if (Date.now() - this.#reportedAt < reportPause) return;
    this.#reportedAt = Date.now();
    this.#onTraffic(this.#traffic);
  }

  get outbox(): Outbox {
    return this;
  }

  /** Sends a result that was made here to the shared store, later during the run or at its end. */
  share(result: StageResult): void {
    this.#found.delete(result.digest);
    this.records.remove(result.digest);
    if (this.remote.own === undefined || !this.isShareable(result)) return;
    // Made → waiting. Safe: the mark is a file in the outbox, which stays until the entry is sent.
    // So a kill leaves it to a later push.
    for (const { digest } of [...signpostsOf(result), result]) this.records.markUnsent(digest);
    // `flush` throws it.
    const sendSome = () => void this.#sendLater({ onePack: true }).catch(() => {});
    this.#timer ??= setInterval(sendSome, uploadPause).unref();
  }

  isShareable(result: StageResult): boolean {
    const { stored, fingerprint } = result;
    return stored && (fingerprint.env === undefined || this.#shareEnv) && !hasRepository(result);
  }

  /** Prepares a run, with its page, to be sent after its results. */
  shareRun(manifest: RunManifest, page: string | undefined): void {
    if (this.remote.own === undefined) return;
    const stages = this.#shareable(manifest);
    const files = this.records.runFiles(manifest.run);
    // Kept. Safe: the manifest comes last, and no push sends a page without one.
    writing(`to ${this.records.outbox}`, () => {
      mkdirSync(dirname(files.page), { recursive: true });
      if (page !== undefined) copyFileSync(page, files.page);
      const report = page === undefined ? {} : { report: sha256(readFileSync(files.page)) };
      writeAtomic(files.manifest, JSON.stringify({ ...manifest, stages, ...report }), {
        sync: false,
      });
    });
  }

  /**
   * All results of the shared store, with whether a trusted key signed one. Forgets records of
   * results that it no longer has, except those of revoked keys: forgotten, they would count as
   * made here, and be signed again.
   */
  async listResults(): Promise<ReadonlyMap<Digest, boolean>> {
    const found = new Map<Digest, boolean>();
    for await (const { key, size } of this.remote.bucket.list('results/')) {
      const { fingerprint, owner } = parseResultKey(key) ?? {};
      // A power cut of the host leaves it empty.
      if (fingerprint === undefined || size === 0) continue;
      found.set(fingerprint, found.get(fingerprint) === true || this.remote.trusted.has(owner!));
    }
    const isKept = (digest: Digest) =>
      found.get(digest) === true || this.#isRevoked(this.records.read(digest));
    this.records.keepOnly(isKept, this.remote.collected);
    return found;
  }

  /** Sends everything that waits, unless it is interrupted. */
  async flush(signal: AbortSignal): Promise<void> {
    clearInterval(this.#timer);
    await this.#sendLater({ signal });
    if (this.#traffic.fetched + this.#traffic.sent > 0) this.#onTraffic(this.#traffic);
    const left = this.records.unsent().length;
    if (left + this.records.unsentRuns().length === 0 || this.remote.own === undefined) return;
    const what = left === 0 ? 'The record of this run' : formatCountOf(left, 'result');
    const why = this.#refusal === undefined ? '' : `, which takes nothing (${this.#refusal})`;
    this.#warn(
      `${what} did not reach ${this.remote.url}${why}: \`restage store push\` sends what is left`,
    );
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#warn = () => {}; // a run that needed nothing of the store may end before it has answered
    await this.remote.close();
  }

  #sendLater(options: SendOptions): Promise<void> {
    this.#sending = this.#sending.then(async () => {
      // With nothing to send, nobody asks the store.
      const waits = this.records.unsent().length + this.records.unsentRuns().length > 0;
      if (this.remote.own === undefined || !waits || this.#refusal !== undefined) return;
      await this.#contact.whileOpen(() => this.#sendIfAllowed(options));
    });
    return this.#sending;
  }

  /**
   * Sends what waits, and remembers a refusal: a store that can be read may refuse to be written.
   */
  async #sendIfAllowed(options: SendOptions): Promise<void> {
    try {
      await this.send(undefined, options);
    } catch (error) {
      if (!(error instanceof RefusedRequest)) throw error;
      // Throws where reading is refused, too.
      await this.remote.request((bucket) => bucket.get('store.json'));
      this.#refusal = error.message;
    }
  }

  /**
   * Sends results, by default those that wait, and then runs. Returns how many results were sent,
   * and how many parcels failed. Throws if the shared store does not answer.
   */
  async send(
    results = this.records.unsent(),
    options: SendOptions = {},
  ): Promise<{ readonly sent: number; readonly failed: number }> {
    if (results.length + this.records.unsentRuns().length === 0) return { sent: 0, failed: 0 };
    this.#located ??= this.records.locations();
    const push = this.#push(this.#located, { ...options, damage: this.records.damage });
    let sent = 0;
    await push.send(this.parcels(results, () => void sent++));
    if (options.onePack !== true) await push.send(this.#runs());
    for (const { key, why } of push.failed) this.#warn(`${key} is not sent: ${why}`);
    return { sent, failed: push.failed.length };
  }

  #push(located: Map<Digest, Location>, options: SendOptions = {}): Push {
    return new Push({
      request: (act) => this.remote.request(act),
      key: this.remote.own!,
      located,
      ...options,
      onProgress: (bytes) => {
        this.#count({ sent: bytes });
        options.onProgress?.(bytes);
      },
    });
  }

  /**
   * Sends a run with all of its results, even those that are known to be there. Returns the stages
   * whose results can be shared. Throws if some of them are not whole here, or came from a key that
   * is no longer trusted: signed again, they would count again.
   */
  async exportRun(manifest: RunManifest, page: string): Promise<readonly string[]> {
    const report = existsSync(page) ? { report: sha256(readFileSync(page)) } : {};
    const stages = this.#shareable(manifest);
    const results = Object.entries(stages).map(([stage, { result }]) => ({
      stage,
      result: this.local.readResult(result),
    }));
    const isWhole = (one: StageResult) =>
      this.#isHere(one) && !this.#isRevoked(this.records.read(one.digest));
    const whole = results.flatMap(({ result }) =>
      result !== undefined && isWhole(result) ? [result] : [],
    );
    if (whole.length < results.length) {
      const names = results.flatMap(({ stage, result }) =>
        whole.includes(result!) ? [] : [stage],
      );
      const command = (name: string) =>
        `\`restage ${name} ${shellQuote(`${manifest.pipeline}.yaml`)} --fetch all\``;
      const message = `The outputs of ${names.join(', ')} are not all here, or come from a key that is not trusted`;
      throw new UserError(
        `${message}: ${command('run')} brings them; without the data, ${command('store pull')}`,
      );
    }
    const push = this.#push(new Map());
    await push.send(whole.map((result) => ({ ...this.parcelOf(result), onSent: () => {} })));
    const objects = report.report === undefined ? [] : [{ digest: report.report, path: page }];
    const text = JSON.stringify({ ...manifest, stages, ...report });
    const key = runKey(manifest.pipeline, manifest.run, this.remote.own!.id);
    await push.send([{ kind: 'run', key, text, objects, onSent: () => {} }]);
    const [failed] = push.failed;
    if (failed !== undefined) throw new UserError(`${failed.key} cannot be sent: ${failed.why}`);
    return Object.keys(stages);
  }

  /**
   * The stages of a run without those whose results are not shared, with the signposts to the
   * results.
   */
  #shareable({ stages }: RunManifest): RunManifest['stages'] {
    const shareable: Record<string, ManifestStage> = {};
    for (const [name, stage] of Object.entries(stages)) {
      const result = this.local.readResult(stage.result);
      if (result !== undefined && !this.isShareable(result)) continue;
      const signposts = result === undefined ? [] : signpostsOf(result).map(({ digest }) => digest);
      shareable[name] = signposts.length === 0 ? stage : { ...stage, signposts };
    }
    return shareable;
  }

  /** The parcels of results, by default of those that wait. */
  *parcels(results = this.records.unsent(), onSent: () => void = () => {}): Iterable<Parcel> {
    const { id } = this.remote.own!;
    const waiting = new Set(this.records.unsent());
    for (const digest of results) {
      const result = this.local.readResult(digest);
      if (result === undefined || !this.isShareable(result)) this.records.markSent(digest);
      else {
        const isSent = (locations: Locations) => {
          // Waiting → sent. Safe: after a kill between the two it is sent again, to the same keys.
          this.records.write(digest, { owner: id, adopted: false, locations });
          if (waiting.has(digest)) this.records.markSent(digest);
          onSent();
        };
        yield { ...this.parcelOf(result), onSent: isSent };
      }
    }
  }

  /** A result to be signed by the user's key. */
  parcelOf(result: StageResult): Omit<Parcel, 'onSent'> {
    const objects = [...new Set(objectsOf(result))].map((digest) => ({
      digest,
      path: this.local.objectPath(digest),
    }));
    const key = resultKey(result.digest, this.remote.own!.id);
    return { kind: 'result', key, text: JSON.stringify(result), objects };
  }

  *#runs(): Iterable<Parcel> {
    for (const run of this.records.unsentRuns()) {
      const { manifest: file, page } = this.records.runFiles(run);
      const text = readFileSync(file, 'utf8');
      const manifest = JSON.parse(text) as RunManifest;
      const key = runKey(manifest.pipeline, run, this.remote.own!.id);
      const objects =
        manifest.report === undefined ? [] : [{ digest: manifest.report, path: page }];
      yield { kind: 'run', key, text, objects, onSent: () => this.records.forgetRun(run) };
    }
  }

  /**
   * The first result of the shared store whose bytes are not known to be lost; else the first one.
   */
  async #find(fingerprint: Digest): Promise<StageResult | undefined> {
    const asked = this.#asked.get(fingerprint) ?? this.#ask(fingerprint);
    this.#asked.set(fingerprint, asked);
    const all = await asked;
    const found = all.find(({ result }) => !this.#isLost(result)) ?? all[0];
    if (found === undefined) return undefined;
    this.#found.set(fingerprint, found);
    return found.result;
  }

  async #ask(fingerprint: Digest): Promise<readonly FoundResult[]> {
    const all = (await this.#contact.whileOpen(() => this.remote.findResults(fingerprint))) ?? [];
    for (const { envelope } of all) this.#learn(envelope.locations);
    return all;
  }

  #learn(locations: Locations): void {
    for (const [digest, location] of locations) {
      const known = this.#locations.get(digest) ?? [];
      if (known.some(({ key, start }) => key === location.key && start === location.start))
        continue;
      this.#locations.set(digest, [...known, location]);
      this.#lost.delete(digest);
    }
  }

  #missing({ files }: StoredArtifact): StoredArtifact['files'] {
    return files.filter(({ digest }) => !existsSync(this.local.objectPath(digest)));
  }

  #isHere = ({ stored, outputs }: StageResult): boolean =>
    !stored || Object.values(outputs).every((artifact) => this.#missing(artifact).length === 0);

  /** Whether some of its bytes are neither here nor in the shared store. */
  #isLost({ outputs }: StageResult): boolean {
    const missing = Object.values(outputs).flatMap((artifact) => this.#missing(artifact));
    return missing.some(
      ({ digest }) => this.#lost.has(digest) || this.#locationOf(digest) === undefined,
    );
  }
}
