import { lstatSync, mkdirSync, renameSync, rmSync, type Stats, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { type Digest, sha256 } from '../../digest.ts';
import { filesSignature } from '../files/backdate.ts';
import { inCache, leasePath } from '../files/cache-paths.ts';
import type { DigestIndex } from '../files/digest-index.ts';
import type { ListedFile } from '../files/listing.ts';
import { ListingError } from '../files/walk-tree.ts';
import { linkOrRename } from '../files/write-atomic.ts';
import { writeError } from '../files/write-error.ts';
import { Lease } from '../store/lease.ts';
import type { LocalStore } from '../store/local-store.ts';
import type { StoredArtifact } from '../store/stage-result.ts';
import { CopyFault, type CopyOptions, copyVerified, pathIn } from './copy-or-link.ts';
import {
  outputTarget,
  PublishError,
  resolveTarget,
  type Target,
  targetKey,
} from './publish-target.ts';
import {
  type Owner,
  type PublishedRecord,
  PublishedRecords,
  type StillClaims,
} from './published-record.ts';
import { clearLeftovers, Staging } from './staging.ts';

export type Publication =
  /**
   * `displaced`: the new path of something of the user's that was in the way, relative to the root.
   */
  | { readonly ok: true; readonly displaced?: string }
  /**
   * The source is gone, or damaged and set aside: the artifact must be made again. Nothing was
   * published.
   */
  | { readonly ok: false };

/** An artifact beside its target, with the stat data of its files. */
interface Staged {
  readonly artifact: StoredArtifact;
  readonly copies: ReadonlyMap<string, Stats>;
}

/**
 * What is at a target: nothing, the wanted artifact, what Restage published there before, or
 * something else.
 */
type Present =
  | { readonly state: 'nothing' | 'same' | 'foreign' }
  | { readonly state: 'ours'; readonly digest: Digest };

/** What a publication is made of. */
export interface PublicationSource {
  /** See {@link CopyOptions.signature}. */
  readonly signature?: CopyOptions['signature'];
  /** A private path that holds the artifact; by default its objects in the store are used. */
  readonly from?: string | undefined;
}

export interface PublisherOptions {
  readonly hardLink?: boolean;
  readonly stillClaims?: StillClaims;
}

/**
 * Publishes artifacts as copies, whole or not at all, by rename. It replaces only bytes that it
 * recorded as its own.
 */
export class Publisher {
  readonly root: string;
  readonly store: LocalStore;
  readonly records: PublishedRecords;
  readonly #digests: DigestIndex;
  readonly #hardLink: boolean;
  readonly #stillClaims: StillClaims;
  /**
   * Folders without leftovers. Each is listed only once, since it may hold thousands of outputs.
   */
  readonly #cleared = new Map<string, Promise<void>>();

  /** Without `stillClaims`, no other pipeline has a claim. */
  constructor(
    root: string,
    store: LocalStore,
    digests: DigestIndex,
    options: PublisherOptions = {},
  ) {
    this.root = root;
    this.store = store;
    this.records = new PublishedRecords(store.folder);
    this.#digests = digests;
    this.#hardLink = options.hardLink ?? false;
    this.#stillClaims = options.stillClaims ?? (async () => false);
  }

  /** Makes `path` hold the artifact. Throws a {@link PublishError} or `WriteError`. */
  async publish(
    artifact: StoredArtifact,
    path: string,
    owner: Owner,
    source: PublicationSource = {},
  ): Promise<Publication> {
    try {
      return await this.#at(path, async (target) => {
        const { state } = await this.#look(target, artifact.digest);
        if (state === 'same' && this.#isRecorded(target, artifact.digest, owner))
          return { ok: true };
        mkdirSync(dirname(target.path), { recursive: true });
        // The record comes first, so that what a kill leaves beside the path is found even the
        // first time.
        const isFirst = this.records.begin(target.key, recordOf(target, artifact.digest, owner));
        await using staging = new Staging(target);
        const staged = { artifact, copies: await this.#stage(artifact, source, staging) };
        // Safe without a turn: no other pipeline may have a recorded path, and another run of this
        // one counts what the record named as its own.
        const isAlone =
          isFirst && state === 'nothing' && this.#isRecorded(target, artifact.digest, owner);
        if (isAlone && (await this.#moveIn(staging, target, staged))) return { ok: true };
        return { ok: true, ...(await this.#swapIn(staging, target, staged, owner)) };
      });
    } catch (error) {
      if (error instanceof CopyFault) return { ok: false };
      throw error;
    }
  }

  /** Publishes a text. The path is never absent meanwhile. Throws as {@link publish} does. */
  async publishText(
    text: string,
    path: string,
    owner: Owner,
  ): Promise<{ readonly displaced?: string }> {
    return await this.#at(path, async (target) => {
      mkdirSync(dirname(target.path), { recursive: true });
      await using staging = new Staging(target);
      writeFileSync(staging.path, text);
      await using _turn = await this.#turn(target.key);
      await this.#checkClaim(target, owner);
      const present = await this.#look(target, undefined);
      const displaced =
        present.state === 'foreign' ? displace(this.root, this.store.folder, target) : undefined;
      this.#record(target, sha256(text), owner, present);
      renameSync(staging.path, target.path);
      return displaced === undefined ? {} : { displaced };
    });
  }

  /** Gives an owner the path of an output whose pipeline no longer claims it. */
  async takeOver(path: string, owner: Owner): Promise<void> {
    const key = targetKey(path);
    await using _turn = await this.#turn(key);
    const record = this.records.read(key);
    if (record !== undefined) this.records.write(key, { ...record, ...owner });
  }

  /** Whether a path holds what Restage published there, so that it may be replaced or removed. */
  async look(path: string): Promise<'nothing' | 'ours' | 'foreign'> {
    const { state } = await this.#look(resolveTarget(this.root, path), undefined);
    return state === 'same' ? 'ours' : state;
  }

  async #at<T>(path: string, act: (target: Target) => Promise<T>): Promise<T> {
    const target = outputTarget(this.root, path);
    const folder = dirname(target.path);
    try {
      await this.#clear(folder);
      return await act(target);
    } catch (error) {
      throw writeError(target.shown, error);
    }
  }

  async #clear(folder: string): Promise<void> {
    const cleared = this.#cleared.get(folder) ?? clearLeftovers(folder);
    this.#cleared.set(folder, cleared);
    try {
      await cleared;
    } catch (error) {
      this.#cleared.delete(folder); // the next output there tries again
      throw error;
    }
  }

  async #look(target: Target, wanted: Digest | undefined): Promise<Present> {
    const stats = lstatSync(target.path, { throwIfNoEntry: false });
    if (stats === undefined) return { state: 'nothing' };
    if (stats.isSymbolicLink()) return { state: 'foreign' };
    try {
      const present = await this.#digests.listIfThere(target.path);
      if (present === undefined) return { state: 'nothing' };
      if (present.digest === wanted) return { state: 'same' };
      const record = this.records.read(target.key);
      const isOurs = present.digest === record?.digest || present.digest === record?.before;
      return isOurs ? { state: 'ours', digest: present.digest } : { state: 'foreign' };
    } catch (error) {
      // A socket, a link cycle: nothing that Restage makes.
      if (error instanceof ListingError) return { state: 'foreign' };
      throw error;
    }
  }

  /**
   * Throws a {@link CopyFault} where the source is gone or damaged. A damaged object is set aside.
   */
  async #stage(artifact: StoredArtifact, { from, signature }: PublicationSource, staging: Staging) {
    const sourceOf = (file: ListedFile): string =>
      from === undefined ? this.store.objectPath(file.digest) : pathIn(from, file);
    try {
      const hardLink = this.#hardLink && from === undefined;
      const verified =
        from === undefined
          ? filesSignature(artifact, ({ digest }) => this.store.verified.get(digest))
          : undefined;
      return await copyVerified(artifact, sourceOf, staging.path, {
        hardLink,
        signature: signature ?? verified,
      });
    } catch (error) {
      if (!(error instanceof CopyFault) || error.fault !== 'corrupt' || from !== undefined)
        throw error;
      // Another run may have replaced it by a sound one meanwhile.
      await this.store.checkObject(error.file.digest);
      throw error;
    }
  }

  /**
   * Looks just before it acts, and again if overtaken. Runs take turns, so that each sees what
   * others published.
   */
  async #swapIn(
    staging: Staging,
    target: Target,
    staged: Staged,
    owner: Owner,
  ): Promise<{ displaced?: string }> {
    const { digest } = staged.artifact;
    await using _turn = await this.#turn(target.key);
    await this.#checkClaim(target, owner);
    const displaced: { displaced?: string } = {};
    for (let tries = 0; tries < 10; tries += 1) {
      const present = await this.#look(target, digest);
      // Before the swap: after a kill between the two, our own bytes must not look like the user's.
      this.#record(target, digest, owner, present);
      if (present.state === 'same') return {};
      await using last = new Staging(target);
      try {
        if (present.state === 'foreign')
          displaced.displaced = displace(this.root, this.store.folder, target);
        if (present.state === 'ours') renameSync(target.path, last.path);
      } catch (error) {
        if (!isOvertaken(error)) throw error;
        continue;
      }
      if (await this.#moveIn(staging, target, staged)) return displaced;
    }
    throw new PublishError(`${target.shown} is being written by something else; it was left alone`);
  }

  /** Gives staged content its published name. False where something else took that first. */
  async #moveIn(staging: Staging, target: Target, { artifact, copies }: Staged): Promise<boolean> {
    try {
      moveToTarget(staging.path, target.path, artifact);
    } catch (error) {
      if (isOvertaken(error)) return false;
      throw error;
    }
    await this.#digests.learn(target.path, artifact, copies);
    return true;
  }

  #turn(key: Digest): Promise<Lease> {
    return Lease.acquire(leasePath(this.store.folder, `publish-${key}`));
  }

  /** A run checks claims before it begins; this finds a pipeline that has published since. */
  async #checkClaim(target: Target, { pipeline, stage }: Owner): Promise<void> {
    const record = this.records.read(target.key);
    if (record === undefined || record.pipeline === pipeline || !(await this.#stillClaims(record)))
      return;
    const claims = `by "${record.stage}" of ${record.pipeline} and by "${stage}" of ${pipeline}`;
    const what = `${target.shown} is claimed by two pipelines, ${claims}: it was left as the first published it`;
    throw new PublishError(`${what}; give one of them another path`);
  }

  #isRecorded(target: Target, digest: Digest, { pipeline, stage, port }: Owner): boolean {
    const last = this.records.read(target.key);
    return (
      last?.digest === digest &&
      last.pipeline === pipeline &&
      last.stage === stage &&
      last.port === port
    );
  }

  #record(target: Target, digest: Digest, owner: Owner, present: Present): void {
    if (present.state !== 'ours' && this.#isRecorded(target, digest, owner)) return;
    // At an empty path another run may be about to put what the last record names.
    const before =
      present.state === 'ours' ? present.digest : this.records.read(target.key)?.digest;
    this.records.write(target.key, {
      ...recordOf(target, digest, owner),
      ...(before !== undefined && { before }),
    });
  }
}

const recordOf = (target: Target, digest: Digest, owner: Owner): PublishedRecord => ({
  path: target.shown,
  ...owner,
  digest,
  time: new Date().toISOString(),
});

/**
 * Moves a user's file to `cache/displaced/<time>/<path>`, or beside itself on another disk; returns
 * the new path.
 */
function displace(root: string, cacheFolder: string, target: Target): string {
  // The process number, since two runs may displace in the same millisecond.
  const unique = `${new Date().toISOString().replace(/[:.]/g, '-')}-${process.pid}`;
  const to = inCache(cacheFolder, 'displaced', unique, target.shown);
  mkdirSync(dirname(to), { recursive: true });
  try {
    renameSync(target.path, to);
    return relative(root, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
  }
  const beside = `${target.path}.displaced-${unique}`;
  renameSync(target.path, beside);
  return relative(root, beside);
}

/**
 * Gives staged content its published name. Throws `EEXIST` or `ENOTEMPTY` rather than replace
 * somebody's new file.
 */
function moveToTarget(staged: string, target: string, { folder }: StoredArtifact): void {
  if (folder) {
    renameSync(staged, target);
    return;
  }
  linkOrRename(staged, target);
  rmSync(staged, { force: true }); // now, since it changes the times of the file
}

/** Error codes of a swap if something else moved the target away, or wrote there first. */
const overtaken: ReadonlySet<string> = new Set([
  'ENOENT',
  'ENOTEMPTY',
  'EEXIST',
  'ENOTDIR',
  'EISDIR',
]);

const isOvertaken = (error: unknown): boolean =>
  overtaken.has((error as NodeJS.ErrnoException).code ?? '');
