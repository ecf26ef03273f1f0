import { lstatSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Cache } from '../cache/cache.ts';
import type { StoredArtifact } from '../cache/stage-result.ts';
import type { Digest } from '../fingerprint/digest.ts';
import { forEachBounded } from '../fingerprint/for-each-bounded.ts';
import { hashFile } from '../fingerprint/hash-file.ts';
import type { ListedFile } from '../fingerprint/listing.ts';
import { copyOne, keepReadOnly, linkObject } from './verified-copy.ts';

/** Files of an artifact that a stage has in its private view until it gives them back. */
export interface Loan {
  readonly borrower: string;
  readonly files: readonly LentFile[];
}

interface LentFile {
  readonly file: ListedFile;
  /** Absolute path in the private view. */
  readonly path: string;
  /** Absent on a disk without links, and for executables: these are copies. */
  readonly object?: string;
  /** What `stat` said of it when it was lent. */
  readonly state: string;
}

/** What is wrong with a loan that was given back: the borrower, or one of the others, wrote to it. */
export interface Misuse {
  readonly path: string;
  /** Other stages that held the same bytes at that time; empty where only this borrower's view was changed. */
  readonly others: readonly string[];
}

const lenders = 8;

/**
 * Lends artifacts of the store to stages, as hard links in their private views. An object's bytes are verified once for
 * each state of its file, so what a stage reads is what its fingerprint says. A link shares its bytes with the store, and
 * root may write to a read-only file: a loan is looked at again when it is given back.
 */
export class Lender {
  readonly #cache: Cache;
  /** What `stat` said of an object when its bytes were last verified. */
  readonly #verified = new Map<Digest, string>();
  /** Who holds an object, and who held it when it was written to. */
  readonly #borrowers = new Map<Digest, Set<string>>();

  constructor(cache: Cache) {
    this.#cache = cache;
  }

  /** Puts the artifact at `to`, which must not exist. Undefined where the store lacks a part of it. */
  async lend(artifact: StoredArtifact, to: string, borrower: string): Promise<Loan | undefined> {
    if (this.#cache.missingObjects(artifact).length > 0) return undefined;
    if (artifact.folder) {
      const folders = new Set([to, ...artifact.files.map(({ path }) => dirname(`${to}/${path}`))]);
      for (const folder of folders) await mkdir(folder, { recursive: true });
    }
    const lent: LentFile[] = [];
    let whole = true;
    await forEachBounded(artifact.files, lenders, async (file) => {
      const object = this.#cache.objectPath(file.digest);
      const path = artifact.folder ? `${to}/${file.path}` : to;
      const sound = whole ? await this.#verify(object, file) : undefined;
      if (sound === undefined) {
        whole = false;
        return;
      }
      const linked = file.executable === undefined && (await linkObject(object, path));
      if (!linked) await copyOne(file, object, path);
      lent.push({ file, path, ...(linked && { object }), state: linked ? sound : stateOf(path) });
      this.#enter(file.digest, borrower);
    });
    const loan = { borrower, files: lent };
    if (whole) return loan;
    for (const { file } of lent) this.#leave(file.digest, borrower);
    await rm(to, { recursive: true, force: true });
    return undefined;
  }

  /** Ends a loan, and says which of its files were written to. An object that was is set aside, and is a miss from now on. */
  async takeBack({ borrower, files }: Loan): Promise<readonly Misuse[]> {
    const misuses: Misuse[] = [];
    for (const { file, path, object, state } of files) {
      const now = stateOf(path);
      if (object !== undefined) keepReadOnly(object);
      if (now === state || (await hashOf(path)) === file.digest) {
        this.#leave(file.digest, borrower);
        continue;
      }
      if (object === undefined || inodeOf(now) !== inodeOf(state)) {
        this.#leave(file.digest, borrower); // only its own view was changed
        misuses.push({ path, others: [] });
        continue;
      }
      if (inodeOf(stateOf(object)) === inodeOf(state)) this.#cache.setAside(object, 'a stage wrote to it');
      const others = [...(this.#borrowers.get(file.digest) ?? [])].filter((other) => other !== borrower);
      misuses.push({ path, others });
    }
    return misuses;
  }

  /** The state of an object whose bytes are right; undefined where it is gone, or was damaged and is now set aside. */
  async #verify(object: string, { digest }: ListedFile): Promise<string | undefined> {
    const state = stateOf(object);
    if (state !== '' && this.#verified.get(digest) === state) return state;
    const found = await hashOf(object);
    if (found === digest) {
      this.#verified.set(digest, state);
      return state;
    }
    if (found !== undefined) this.#cache.setAside(object, 'its content is not what its name says');
    return undefined;
  }

  #enter(digest: Digest, borrower: string): void {
    const known = this.#borrowers.get(digest);
    if (known === undefined) this.#borrowers.set(digest, new Set([borrower]));
    else known.add(borrower);
  }

  #leave(digest: Digest, borrower: string): void {
    this.#borrowers.get(digest)?.delete(borrower);
  }
}

/** Inode, size and modification time; not the change time, which moves with every further link. Empty where nothing is. */
function stateOf(path: string): string {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats === undefined ? '' : `${stats.ino} ${stats.size} ${stats.mtimeMs}`;
}

/** Undefined where there is no file that can be read. */
const hashOf = (path: string): Promise<Digest | undefined> => hashFile(path).catch(() => undefined);

const inodeOf = (state: string): string => state.slice(0, Math.max(0, state.indexOf(' ')));
