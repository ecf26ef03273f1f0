import { existsSync, readFileSync } from 'node:fs';
import { type Digest, sha256 } from '../../../digest.ts';
import { formatBytes, formatCountOf } from '../../../format-numbers.ts';
import type { LocalStore } from '../local-store.ts';
import { type ManifestStage, type RunManifest, resultsOf } from '../runs/run-manifest.ts';
import {
  hasRepository,
  hasSeal,
  objectsOf,
  type StageResult,
  signpostsOf,
} from '../stage-result.ts';
import type { Outbox } from '../store.ts';
import { RefusedRequest } from './buckets/bucket.ts';
import type { Contact } from './contact.ts';
import { type Location, type Locations, resultKey, runKey } from './envelope.ts';
import { type Parcel, type ParcelObject, Push } from './push.ts';
import type { RemoteRecord, RemoteRecords } from './remote-records.ts';
import type { RemoteStore, SignedResult } from './remote-store.ts';
import type { UseNotes } from './result-uses.ts';
import { packEntries, type RunEntry } from './run-entries.ts';
import type { StoreReports } from './store-reports.ts';

/**
 * Milliseconds between two uploads of at most a pack while a run is under way: small results gather
 * meanwhile.
 */
const uploadPause = 60_000;

interface SendOptions {
  readonly signal?: AbortSignal;
  /** Gets the bytes of each file that was sent. */
  readonly onProgress?: (bytes: number) => void;
  /** Whether to send one pack at most, and leave the rest to a later push. */
  readonly onePack?: boolean;
}

interface OutboxOptions {
  readonly local: LocalStore;
  readonly remote: RemoteStore;
  readonly records: RemoteRecords;
  readonly contact: Contact;
  readonly reports: StoreReports;
  /** Whether results that depend on variables of the environment are shared. */
  readonly shareEnv: boolean;
  /** Whether results that hold images of a sealed split are shared. */
  readonly shareSealed: boolean;
  /** Called for a result that was made here, whatever others have. */
  readonly onMade: (fingerprint: Digest) => void;
  readonly findOrigin: FindOrigin;
  /** Results with more bytes are not sent; undefined for no limit. */
  readonly largestResult: number | undefined;
  /** What is told at the end of a run. */
  readonly uses: UseNotes;
}

/** A result of another store of the project, as its owner signed it. */
interface Origin {
  readonly found: SignedResult;
  /** Other results of the same owner in the same store. */
  readonly findMore: (fingerprint: Digest) => Promise<SignedResult | undefined>;
}

/**
 * Where a result came from that another store of the project gave; undefined for one that was made
 * here.
 */
export type FindOrigin = (
  fingerprint: Digest,
) => Promise<Origin | 'gone' | 'no answer' | undefined>;

/**
 * Sends what was made here to the store that a group shares, and what came from another one.
 *
 * A result: made → waiting, by `share` → sent, by a push during the run, at its end or later. Its
 * bytes go first, then its signed entry: others never see an entry without bytes.
 *
 * A result of another store: whole here → waiting, by `pass` → sent, with the signature of its
 * owner.
 *
 * A run: kept by `shareRun` → sent, after its results.
 */
export class SharedOutbox implements Outbox {
  readonly #local: LocalStore;
  readonly #remote: RemoteStore;
  readonly #records: RemoteRecords;
  readonly #contact: Contact;
  readonly #reports: StoreReports;
  readonly #shareEnv: boolean;
  readonly #shareSealed: boolean;
  readonly #onMade: (fingerprint: Digest) => void;
  readonly #findOrigin: FindOrigin;
  readonly #largestResult: number | undefined;
  readonly #uses: UseNotes;
  /**
   * Why the store takes nothing, although it can be read; undefined as long as it is not known to
   * refuse.
   */
  #refusal: string | undefined;
  #sending: Promise<void> = Promise.resolve();
  /** Results of this cache that the run used. */
  readonly #used = new Set<Digest>();
  /** Whether a result stays here for want of a key. */
  #lacksKey = false;
  /**
   * Where objects lie by the records, read once, since a run sends every minute. A push asks before
   * it relies on one.
   */
  #located: Map<Digest, Location> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor({ local, remote, records, contact, reports, ...options }: OutboxOptions) {
    this.#local = local;
    this.#remote = remote;
    this.#records = records;
    this.#contact = contact;
    this.#reports = reports;
    this.#shareEnv = options.shareEnv;
    this.#shareSealed = options.shareSealed;
    this.#onMade = options.onMade;
    this.#findOrigin = options.findOrigin;
    this.#largestResult = options.largestResult;
    this.#uses = options.uses;
  }

  /** Sends a result that was made here to the shared store, later during the run or at its end. */
  share(result: StageResult): void {
    this.#onMade(result.digest);
    if (this.#remote.bucket.isReadOnly === true) return;
    if (this.#remote.own !== undefined) this.#warnOfKept(result);
    if (!this.isShareable(result)) return;
    if (this.#remote.own === undefined) {
      this.#lacksKey = true;
      return;
    }
    // Made → waiting. Safe: the mark is a file in the outbox, which stays until the entry is sent.
    // So a kill leaves it to a later push.
    for (const { digest } of [...signpostsOf(result), result]) this.#records.markUnsent(digest);
    this.#sendNowAndThen();
  }

  /** Sends a result that came from another store, and whose bytes are all here, likewise. */
  pass(result: StageResult): void {
    if (this.#remote.own === undefined || !this.isShareable(result)) return;
    this.#records.markUnsent(result.digest); // safe as in `share`
    this.#sendNowAndThen();
  }

  /** Notes that a run uses a result that was made here, perhaps without the store. */
  noteUse(fingerprint: Digest): void {
    if (this.#remote.own !== undefined) this.#used.add(fingerprint);
  }

  #sendNowAndThen(): void {
    // `flush` throws it.
    const sendSome = () => void this.#sendLater({ onePack: true }).catch(() => {});
    this.#timer ??= setInterval(sendSome, uploadPause).unref();
  }

  isShareable(result: StageResult): boolean {
    const { stored, fingerprint } = result;
    const mayLeave = fingerprint.env === undefined || this.#shareEnv;
    if (!stored || !mayLeave || hasRepository(result)) return false;
    return !this.#isTooLarge(result) && !this.#isKeptSealed(result);
  }

  #isKeptSealed(result: StageResult): boolean {
    return !this.#shareSealed && hasSeal(result);
  }

  #isTooLarge(result: StageResult): boolean {
    return this.#largestResult !== undefined && bytesOf(result) > this.#largestResult;
  }

  /** Says why others will compute a result again, where its maker may not expect it. */
  #warnOfKept(result: StageResult): void {
    const { digest, fingerprint } = result;
    const name = `(${digest.slice(0, 12)})`;
    if (this.#isKeptSealed(result))
      this.#reports.warn(
        `A result of ${fingerprint.kind} holds images of a sealed split: it stays here, and others make it of their own images, unless store.yaml says \`shareSealed: true\` ${name}`,
      );
    if (!this.#isTooLarge(result)) return;
    const most = `the ${formatBytes(this.#largestResult!)} of "largestResult" in store.yaml`;
    const what = `A result of ${fingerprint.kind} has ${formatBytes(bytesOf(result))}`;
    this.#reports.warn(
      `${what}, more than ${most}: it stays here, and others compute it again ${name}`,
    );
  }

  /**
   * Prepares a run, with its page, to be sent after its results. Those that are not among `results`
   * are read.
   */
  shareRun(
    manifest: RunManifest,
    page: string | undefined,
    results: ReadonlyMap<Digest, StageResult> = new Map(),
  ): void {
    if (this.#remote.own === undefined) return;
    const stages = this.shareableStages(manifest, results);
    // Kept. Safe: it is one file, whole or absent, whoever else sends the same run.
    this.#records.keepRun({
      manifest: { ...manifest, stages },
      ...(page !== undefined && { page: readFileSync(page, 'utf8') }),
    });
  }

  /**
   * The stages of a run without those whose results are not shared, with the signposts to the
   * results.
   */
  shareableStages(
    { stages }: RunManifest,
    results: ReadonlyMap<Digest, StageResult> = new Map(),
  ): RunManifest['stages'] {
    const shareable: Record<string, ManifestStage> = {};
    for (const [name, stage] of Object.entries(stages)) {
      const result = results.get(stage.result) ?? this.#local.readResult(stage.result);
      if (result !== undefined && !this.isShareable(result)) continue;
      const signposts = result === undefined ? [] : signpostsOf(result).map(({ digest }) => digest);
      shareable[name] = signposts.length === 0 ? stage : { ...stage, signposts };
    }
    return shareable;
  }

  /** Sends everything that waits, unless it is interrupted. */
  async flush(signal: AbortSignal): Promise<void> {
    this.close();
    await this.#sendLater({ signal });
    await this.#uses.send();
    this.#reports.reportAll();
    this.#warnOfUnsent();
  }

  /** Says what of the run others do not get, and what to do about it. */
  #warnOfUnsent(): void {
    const { own, url } = this.#remote;
    if (own === undefined) {
      if (this.#lacksKey && this.#contact.failure === undefined)
        this.#reports.warn(
          `Nothing is sent to ${url}, since store.yaml names no key of yours: \`restage store push\` says who can add it`,
        );
      return;
    }
    const waiting = this.#records.unsent();
    if (waiting.length + this.#records.unsentRuns().length > 0) {
      const what =
        waiting.length === 0 ? 'The record of this run' : formatCountOf(waiting.length, 'result');
      const why = this.#refusal === undefined ? '' : `, which takes nothing (${this.#refusal})`;
      this.#reports.warn(
        `${what} did not reach ${url}${why}: \`restage store push\` sends what is left`,
      );
    }
    const isWaiting = new Set(waiting);
    const earlier = [...this.#used].filter((digest) => {
      if (isWaiting.has(digest) || this.#records.has(digest)) return false;
      const result = this.#local.readResult(digest);
      return result !== undefined && this.isShareable(result);
    });
    if (earlier.length > 0)
      this.#reports.warn(
        `Only here, and not in ${url}: ${formatCountOf(earlier.length, 'result')} of this run. \`restage store push\` sends what the store lacks`,
      );
  }

  /** Sends no more by itself. What waits stays for a later push. */
  close(): void {
    clearInterval(this.#timer);
  }

  #sendLater(options: SendOptions): Promise<void> {
    this.#sending = this.#sending.then(async () => {
      // With nothing to send, nobody asks the store.
      const waits = this.#records.unsent().length + this.#records.unsentRuns().length > 0;
      if (this.#remote.own === undefined || !waits || this.#refusal !== undefined) return;
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
      await this.#remote.request((bucket) => bucket.get('store.json'));
      this.#refusal = error.message;
    }
  }

  /**
   * Sends results, by default those that wait, and then runs. Returns how many results were sent,
   * and how many parcels failed. Throws if the shared store does not answer.
   */
  async send(
    results = this.#records.unsent(),
    { onProgress, ...options }: SendOptions = {},
  ): Promise<{ readonly sent: number; readonly failed: number }> {
    if (results.length + this.#records.unsentRuns().length === 0) return { sent: 0, failed: 0 };
    this.#located ??= this.#records.locations();
    const push = new Push({
      ...options,
      request: (act) => this.#remote.request(act),
      key: this.#remote.own!,
      located: this.#located,
      damage: this.#records.damage,
      onProgress: (bytes) => {
        this.#reports.count({ sent: bytes });
        onProgress?.(bytes);
      },
    });
    let sent = 0;
    await push.send(this.parcels(results, () => void sent++));
    if (options.onePack !== true) await push.send(this.#runs());
    for (const { key, why } of push.failed) this.#reports.warn(`${key} is not sent: ${why}`);
    return { sent, failed: push.failed.length };
  }

  /** The parcels of results, by default of those that wait. */
  async *parcels(
    results = this.#records.unsent(),
    onSent: () => void = () => {},
  ): AsyncIterable<Parcel> {
    const { id } = this.#remote.own!;
    const waiting = new Set(this.#records.unsent());
    for (const digest of results) {
      const result = this.#local.readResult(digest);
      if (result === undefined || !this.isShareable(result)) {
        this.#records.markSent(digest);
        continue;
      }
      const noteSent = (record: Omit<RemoteRecord, 'locations'>) => (locations: Locations) => {
        // Waiting → sent. Safe: after a kill between the two it is sent again, to the same keys.
        this.#records.write(digest, { ...record, locations });
        if (waiting.has(digest)) this.#records.markSent(digest);
        onSent();
      };
      const origin = await this.#findOrigin(digest);
      if (origin === undefined)
        yield { ...this.parcelOf(result), onSent: noteSent({ owner: id, adopted: false }) };
      else if (origin === 'no answer')
        continue; // it waits for a later push
      else if (origin === 'gone' || !this.#isWhole(origin.found.result))
        this.#records.markSent(digest);
      else {
        yield* this.#signposts(result, origin);
        const record = { owner: origin.found.owner, adopted: true };
        yield { ...this.#passed(origin.found), onSent: noteSent(record) };
      }
    }
  }

  /** The signposts to a result of another store, as far as it has them. */
  async *#signposts(result: StageResult, { findMore }: Origin): AsyncIterable<Parcel> {
    for (const { digest } of signpostsOf(result)) {
      const signpost = await findMore(digest);
      if (signpost !== undefined) yield { ...this.#passed(signpost), onSent: () => {} };
    }
  }

  #isWhole(result: StageResult): boolean {
    return objectsOf(result).every((digest) => existsSync(this.#local.objectPath(digest)));
  }

  /** A result of another store, with the signature of its owner. */
  #passed({ result, owner, text, signature }: SignedResult): Omit<Parcel, 'onSent'> {
    const { objects } = this.parcelOf(result);
    return { kind: 'result', key: resultKey(result.digest, owner), text, signature, objects };
  }

  /** A result to be signed by the user's key. */
  parcelOf(result: StageResult): Omit<Parcel, 'onSent'> {
    const objects = [...new Set(objectsOf(result))].map((digest) => ({
      digest,
      path: this.#local.objectPath(digest),
    }));
    const key = resultKey(result.digest, this.#remote.own!.id);
    return { kind: 'result', key, text: JSON.stringify(result), objects };
  }

  *#runs(): Iterable<Parcel> {
    for (const run of this.#records.unsentRuns()) {
      const { manifest, page } = this.#records.readRun(run) ?? {};
      const forget = () => this.#records.forgetRun(run);
      if (manifest === undefined) {
        forget(); // another process has sent it, or a power cut has damaged it
        continue;
      }
      const report = page === undefined ? undefined : objectOf(Buffer.from(page));
      const entries = this.#entriesOf(manifest);
      const named = {
        ...(report !== undefined && { report: report.digest }),
        ...(entries !== undefined && { entries: entries.digest }),
      };
      const text = JSON.stringify({ ...manifest, ...named });
      const key = runKey(manifest.pipeline, run, this.#remote.own!.id);
      const objects = [report, entries].filter((object) => object !== undefined);
      yield { kind: 'run', key, text, objects, onSent: forget };
    }
  }

  /** The results of a run that the user has signed; undefined where there are none. */
  #entriesOf(manifest: RunManifest): ParcelObject | undefined {
    const entries = new Map<Digest, RunEntry>();
    for (const digest of resultsOf(manifest)) {
      const record = this.#records.read(digest);
      const text = record && this.#local.readResultText(digest);
      if (text !== undefined && record?.owner === this.#remote.own!.id)
        entries.set(digest, { text, locations: record.locations });
    }
    const packed = packEntries(entries);
    return packed && objectOf(packed);
  }
}

const objectOf = (bytes: Buffer): ParcelObject => ({ digest: sha256(bytes), bytes });

/** Bytes of a result's outputs. Equal files count once, as they are stored. */
function bytesOf({ stored, outputs }: StageResult): number {
  const files = stored ? Object.values(outputs).flatMap((artifact) => artifact.files) : [];
  const sizes = new Map(files.map(({ digest, size }) => [digest, size]));
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}
