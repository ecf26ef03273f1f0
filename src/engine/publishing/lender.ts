import { lstatSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Digest } from '../../digest.ts';
import { forEachBounded } from '../files/for-each-bounded.ts';
import { hashFile } from '../files/hash-file.ts';
import type { ListedFile } from '../files/listing.ts';
import type { FolderStore } from '../store/folder-store.ts';
import type { StoredArtifact } from '../store/stage-result.ts';
import { copyOne, copyVerified, keepReadOnly, linkObject } from './verified-copy.ts';

/** Files of an artifact that a stage has in its private view until it gives them back. */
export interface Loan {
  readonly borrower: string;
  readonly files: readonly LentFile[];
}

interface LentFile {
  readonly file: ListedFile;
  /** Absolute path in the private view. */
  readonly path: string;
  /** Absent for a copy: of an executable, of what the store does not hold, and on a disk without links. */
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
  readonly #cache: FolderStore;
  /** What `stat` said of an object when its bytes were last verified. */
  readonly #verified = new Map<Digest, string>();
  /** Who holds an object, and who held it when it was written to. */
  readonly #borrowers = new Map<Digest, Set<string>>();

  constructor(cache: FolderStore) {
    this.#cache = cache;
  }

  /**
   * Puts the artifact at `to`, which must not exist. What the store does not hold whole is copied from `published`, where it lies
   * too. Throws a `CopyFault` where that is something else by now.
   */
  async lend(artifact: StoredArtifact, to: string, borrower: string, published: string): Promise<Loan> {
    const loan = await this.#lendObjects(artifact, to, borrower);
    if (loan !== undefined) return loan;
    const below = (folder: string, { path }: ListedFile) => (path === '' ? folder : `${folder}/${path}`);
    await copyVerified(artifact, (file) => below(published, file), to, { hardLink: false });
    const files = artifact.files.map((file) => ({ file, path: below(to, file), state: stateOf(below(to, file)) }));
    return { borrower, files };
  }

  async #lendObjects(artifact: StoredArtifact, to: string, borrower: string): Promise<Loan | undefined> {
    if ((await this.#cache.missingObjects(artifact)).length > 0) return undefined;
    if (artifact.folder) {
      const folders = new Set([to, ...artifact.files.map(({ path }) => dirname(`${to}/${path}`))]);
      for (const folder of folders) await mkdir(folder, { recursive: true });
    }
    const lent: LentFile[] = [];
    let whole = true;
    await forEachBounded(artifact.files, lenders, async (file) => {
      const object = this.#cache.objectPath(file.digest);
      const path = artifact.folder ? `${to}/${file.path}` : to;
      whole &&= await this.#isSound(object, file);
      if (!whole) return;
      const linked = file.executable === undefined && (await linkObject(object, path));
      if (!linked) await copyOne(file, object, path);
      lent.push({ file, path, ...(linked && { object }), state: stateOf(path) });
      if (linked) this.#verified.set(file.digest, stateOf(path)); // a link changes the times of its object
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
      const isIntact = now === state || (await hashOf(path)) === file.digest;
      if (object !== undefined) keepReadOnly(object);
      if (isIntact) {
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

  /** Whether an object's bytes are right. One that is damaged is set aside. */
  async #isSound(object: string, { digest }: ListedFile): Promise<boolean> {
    const state = stateOf(object);
    if (state !== '' && this.#verified.get(digest) === state) return true;
    const found = await hashOf(object);
    if (found === digest) return true;
    if (found !== undefined) this.#cache.setAside(object, 'its content is not what its name says');
    return false;
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

/**
 * Inode, size and times. The change time, which no program can set back, moves with every further link too: another state may
 * hold the same bytes. Empty where nothing is.
 */
function stateOf(path: string): string {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats === undefined ? '' : `${stats.ino} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs}`;
}

/** Undefined where there is no file that can be read. */
const hashOf = (path: string): Promise<Digest | undefined> => hashFile(path).catch(() => undefined);

const inodeOf = (state: string): string => state.slice(0, Math.max(0, state.indexOf(' ')));
