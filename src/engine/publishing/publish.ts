import { linkSync, lstatSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Digest, sha256 } from '../../digest.ts';
import type { DigestIndex } from '../files/digest-index.ts';
import { hashFile } from '../files/hash-file.ts';
import type { ListedFile } from '../files/listing.ts';
import { ListingError } from '../files/walk-tree.ts';
import { writeError } from '../files/write-error.ts';
import type { FolderStore } from '../store/folder-store.ts';
import { Lease } from '../store/lease.ts';
import type { StoredArtifact } from '../store/stage-result.ts';
import { displace } from './displace.ts';
import { PublishError } from './publish-error.ts';
import { type Owner, type PublishedRecord, PublishedRecords, type StillClaims } from './published-record.ts';
import { clearLeftovers, Staging } from './staging.ts';
import { resolveTarget, type Target, targetKey } from './target.ts';
import { CopyFault, copyVerified } from './verified-copy.ts';

/** How publishing an artifact ended. */
export type Publication =
  | {
      readonly ok: true;
      /** False where it was in place already. */
      readonly changed: boolean;
      /** Where something of the user's that was in its place is now, relative to the root. */
      readonly displaced?: string;
    }
  /** The source is gone or damaged (and set aside): the artifact must be made again. Nothing was changed. */
  | { readonly ok: false; readonly reason: 'missing' | 'corrupt'; readonly file: ListedFile };

/** What is at a target now: nothing, the artifact itself, what Restage put there before, or something else. */
type Present = { readonly state: 'nothing' | 'same' | 'foreign' } | { readonly state: 'ours'; readonly digest: Digest };

export interface PublisherOptions {
  readonly hardLink?: boolean;
  readonly stillClaims?: StillClaims;
}

/**
 * Puts artifacts at their published paths, as verified copies of the cache's objects, swapped in by a rename: a reader
 * may find nothing for an instant, never a mixture. Only bytes that Restage recorded putting there are replaced.
 */
export class Publisher {
  readonly root: string;
  readonly cache: FolderStore;
  readonly records: PublishedRecords;
  readonly #digests: DigestIndex;
  readonly #hardLink: boolean;
  readonly #stillClaims: StillClaims;

  /** Without `stillClaims`, no other pipeline has a claim. */
  constructor(root: string, cache: FolderStore, digests: DigestIndex, options: PublisherOptions = {}) {
    this.root = root;
    this.cache = cache;
    this.records = new PublishedRecords(cache.folder);
    this.#digests = digests;
    this.#hardLink = options.hardLink ?? false;
    this.#stillClaims = options.stillClaims ?? (async () => false);
  }

  /**
   * Makes `path`, relative to the root, hold the artifact; `from` is the private path of one that is not stored, absent:
   * the cache. Throws a {@link PublishError} for a path that cannot be used, a `WriteError` for a disk that fails.
   */
  async publish(artifact: StoredArtifact, path: string, owner: Owner, from?: string): Promise<Publication> {
    const target = resolveTarget(this.root, path);
    try {
      await clearLeftovers(target);
      const { state } = await this.#look(target, artifact);
      if (state === 'same' && this.#isRecorded(target, artifact, owner)) {
        return { ok: true, changed: false };
      }
      mkdirSync(dirname(target.path), { recursive: true });
      // So that what a kill leaves beside the path is found, also the first time.
      this.records.begin(target.key, recordOf(target, artifact, owner));
      await using staging = new Staging(target);
      await this.#stage(artifact, from, staging);
      return await this.#swapIn(staging, target, artifact, owner);
    } catch (error) {
      if (error instanceof CopyFault) return { ok: false, reason: error.fault, file: error.file };
      if (error instanceof PublishError) throw error;
      throw writeError(target.shown, error);
    }
  }

  /**
   * Makes `path`, relative to the root, hold this text, which is kept nowhere else. Someone may be looking at it all the
   * time: the last text is there until this one is. Throws as {@link publish} does.
   */
  async publishText(text: string, path: string, owner: Owner): Promise<{ readonly displaced?: string }> {
    const target = resolveTarget(this.root, path);
    try {
      await clearLeftovers(target);
      mkdirSync(dirname(target.path), { recursive: true });
      await using staging = new Staging(target);
      writeFileSync(staging.path, text);
      await using _turn = await this.#turn(target.key);
      await this.#checkClaim(target, owner);
      const present = await this.#look(target, undefined);
      const displaced = present.state === 'foreign' ? displace(this.root, this.cache.folder, target) : undefined;
      const before = present.state === 'ours' ? { before: present.digest } : {};
      const time = new Date().toISOString();
      this.records.write(target.key, { path: target.shown, ...owner, digest: sha256(text), ...before, time });
      renameSync(staging.path, target.path);
      return displaced === undefined ? {} : { displaced };
    } catch (error) {
      throw error instanceof PublishError ? error : writeError(target.shown, error);
    }
  }

  /** Makes the owner's what Restage put at a path for a pipeline that no longer claims it. */
  async takeOver(path: string, owner: Owner): Promise<void> {
    const key = targetKey(path);
    await using _turn = await this.#turn(key);
    const record = this.records.read(key);
    if (record !== undefined) this.records.write(key, { ...record, ...owner });
  }

  /** Whether what is at the target is what Restage put there, so that it may be replaced or removed. */
  async look(path: string): Promise<'nothing' | 'ours' | 'foreign'> {
    const { state } = await this.#look(resolveTarget(this.root, path), undefined);
    return state === 'same' ? 'ours' : state;
  }

  async #look(target: Target, wanted: StoredArtifact | undefined): Promise<Present> {
    const stats = lstatSync(target.path, { throwIfNoEntry: false });
    if (stats === undefined) return { state: 'nothing' };
    if (stats.isSymbolicLink()) return { state: 'foreign' };
    try {
      const present = await this.#digests.listIfThere(target.path);
      if (present === undefined) return { state: 'nothing' };
      if (present.digest === wanted?.digest) return { state: 'same' };
      const record = this.records.read(target.key);
      const ours = present.digest === record?.digest || present.digest === record?.before;
      return ours ? { state: 'ours', digest: present.digest } : { state: 'foreign' };
    } catch (error) {
      if (error instanceof ListingError) return { state: 'foreign' }; // a socket, a link cycle: nothing that we make
      throw error;
    }
  }

  /** Copies, and where the copy is wrong although the object is right, once more. */
  async #stage(artifact: StoredArtifact, from: string | undefined, staging: Staging): Promise<void> {
    const sourceOf = ({ path, digest }: ListedFile): string => {
      if (from === undefined) return this.cache.objectPath(digest);
      return path === '' ? from : `${from}/${path}`;
    };
    const options = { hardLink: this.#hardLink && from === undefined };
    try {
      await copyVerified(artifact, sourceOf, staging.path, options);
    } catch (error) {
      if (!(error instanceof CopyFault) || error.fault !== 'corrupt' || from !== undefined) throw error;
      const object = this.cache.objectPath(error.file.digest);
      // Looked at again, since another run may have replaced it by a sound one meanwhile.
      if ((await hashFile(object)) !== error.file.digest)
        this.cache.setAside(object, 'its content is not what its name says');
      throw error;
    }
  }

  /**
   * Looks just before it acts, and again when something else was faster. Several runs take turns, so that what one put
   * there is known to the next as ours; a copy goes on meanwhile.
   */
  async #swapIn(staging: Staging, target: Target, artifact: StoredArtifact, owner: Owner): Promise<Publication> {
    await using _turn = await this.#turn(target.key);
    await this.#checkClaim(target, owner);
    let displaced: string | undefined;
    for (let tries = 0; tries < 10; tries += 1) {
      const present = await this.#look(target, artifact);
      this.#record(target, artifact, owner, present.state === 'ours' ? present.digest : undefined);
      if (present.state === 'same') return { ok: true, changed: false };
      await using last = new Staging(target);
      try {
        if (present.state === 'foreign') displaced = displace(this.root, this.cache.folder, target);
        if (present.state === 'ours') renameSync(target.path, last.path);
        putInPlace(staging.path, target.path);
        return { ok: true, changed: true, ...(displaced !== undefined && { displaced }) };
      } catch (error) {
        if (!outrun.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
      }
    }
    throw new PublishError(`${target.shown} is being written by something else; it was left alone`);
  }

  #turn(key: Digest): Promise<Lease> {
    return Lease.acquire(join(this.cache.folder, 'leases', `publish-${key}`));
  }

  /** A run looks before it begins; here it meets the pipeline that published since. */
  async #checkClaim(target: Target, { pipeline, stage }: Owner): Promise<void> {
    const record = this.records.read(target.key);
    if (record === undefined || record.pipeline === pipeline || !(await this.#stillClaims(record))) return;
    throw new PublishError(
      `${target.shown} is claimed by two pipelines, by "${record.stage}" of ${record.pipeline} and by "${stage}" of ${pipeline}: it was left as the first published it; give one of them another path`,
    );
  }

  #isRecorded(target: Target, { digest }: StoredArtifact, { pipeline, stage, port }: Owner): boolean {
    const last = this.records.read(target.key);
    return last?.digest === digest && last.pipeline === pipeline && last.stage === stage && last.port === port;
  }

  /** Before the swap: a kill between the two must not make our own bytes look like the user's. */
  #record(target: Target, artifact: StoredArtifact, owner: Owner, before: Digest | undefined): void {
    if (before === undefined && this.#isRecorded(target, artifact, owner)) return;
    this.records.write(target.key, { ...recordOf(target, artifact, owner), ...(before !== undefined && { before }) });
  }
}

const recordOf = (target: Target, { digest }: StoredArtifact, owner: Owner): PublishedRecord => ({
  path: target.shown,
  ...owner,
  digest,
  time: new Date().toISOString(),
});

/**
 * Gives what was staged its published name, and refuses a name that is taken, with the code `EEXIST` or `ENOTEMPTY`: a
 * rename would replace a file that somebody has put there meanwhile. The staged name of a file goes with its `Staging`.
 */
function putInPlace(staged: string, target: string): void {
  if (lstatSync(staged).isDirectory() || !linkNew(staged, target)) renameSync(staged, target);
}

/** False on a disk that has no hard links. */
function linkNew(path: string, target: string): boolean {
  try {
    linkSync(path, target);
    return true;
  } catch (error) {
    if (withoutLinks.has((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

/** What disks say that have no hard links, or no more for this file. */
const withoutLinks: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** Something else moved the target away, or put its own there first. */
const outrun: ReadonlySet<string> = new Set(['ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR', 'EISDIR']);
