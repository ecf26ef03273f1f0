import { lstatSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Digest } from '../../digest.ts';
import { forEachBounded } from '../files/for-each-bounded.ts';
import { hashFile } from '../files/hash-file.ts';
import type { ListedFile } from '../files/listing.ts';
import type { LocalStore } from '../store/local-store.ts';
import type { StoredArtifact } from '../store/stage-result.ts';
import {
  copyOne,
  copyVerified,
  keepReadOnly,
  linkObject,
  makeFolders,
  pathIn,
} from './copy-or-link.ts';

/** Files of an artifact that are in a stage's private view until its end. */
export interface Loan {
  readonly borrower: string;
  readonly files: readonly LentFile[];
}

interface LentFile {
  readonly file: ListedFile;
  readonly path: string;
  /**
   * Absent for a copy: of an executable, of what the store does not hold, and on a disk without
   * links.
   */
  readonly object?: string;
  readonly state: string;
}

/** A lent file that was written to, by the borrower or one of the others. */
export interface Misuse {
  readonly path: string;
  /**
   * Other stages that held the same object at that time; empty if only this borrower's view was
   * changed.
   */
  readonly others: readonly string[];
}

/** Files that are lent at once. */
const lenders = 8;

/**
 * Lends stored artifacts as hard links, and verifies objects before and after each loan, since root
 * can write through a link.
 */
export class Lender {
  readonly #store: LocalStore;
  readonly #verified = new Map<Digest, string>();
  /** The stages that hold an object, or held it when it was written to. */
  readonly #borrowers = new Map<Digest, Set<string>>();

  constructor(store: LocalStore) {
    this.#store = store;
  }

  /**
   * Puts the artifact at the new path `to`, from the store, or else from `published`. Throws a
   * `CopyFault`.
   */
  async lend(
    artifact: StoredArtifact,
    to: string,
    borrower: string,
    published: string,
  ): Promise<Loan> {
    const loan = await this.#lendObjects(artifact, to, borrower);
    if (loan !== undefined) return loan;
    await copyVerified(artifact, (file) => pathIn(published, file), to);
    const files = artifact.files.map((file) => ({
      file,
      path: pathIn(to, file),
      state: stateOf(pathIn(to, file)),
    }));
    return { borrower, files };
  }

  async #lendObjects(
    artifact: StoredArtifact,
    to: string,
    borrower: string,
  ): Promise<Loan | undefined> {
    if ((await this.#store.missingObjects(artifact)).length > 0) return undefined;
    await makeFolders(artifact, to);
    const lent: LentFile[] = [];
    let isWhole = true;
    await forEachBounded(artifact.files, lenders, async (file) => {
      const object = this.#store.objectPath(file.digest);
      const path = pathIn(to, file);
      isWhole &&= await this.#isSound(object, file);
      if (!isWhole) return;
      const isLinked = file.executable === undefined && (await linkObject(object, path));
      if (!isLinked) await copyOne(file, object, path);
      lent.push({ file, path, ...(isLinked && { object }), state: stateOf(path) });
      // A link changes the times of its object.
      if (isLinked) this.#verified.set(file.digest, stateOf(path));
      const borrowers = this.#borrowers.get(file.digest) ?? new Set();
      this.#borrowers.set(file.digest, borrowers.add(borrower));
    });
    if (isWhole) return { borrower, files: lent };
    for (const { file } of lent) this.#borrowers.get(file.digest)?.delete(borrower);
    await rm(to, { recursive: true, force: true });
    return undefined;
  }

  /**
   * Ends a loan, and names the files that were written to. A damaged object is set aside, and
   * counts as missing.
   */
  async takeBack({ borrower, files }: Loan): Promise<readonly Misuse[]> {
    const misuses: Misuse[] = [];
    for (const { file, path, object, state } of files) {
      const now = stateOf(path);
      const isIntact = now === state || (await hashOf(path)) === file.digest;
      if (object !== undefined) keepReadOnly(object);
      const isOwnView = object === undefined || inodeOf(now) !== inodeOf(state);
      const borrowers = this.#borrowers.get(file.digest);
      if (isIntact || isOwnView) {
        borrowers?.delete(borrower);
        if (!isIntact) misuses.push({ path, others: [] });
        continue;
      }
      if (inodeOf(stateOf(object)) === inodeOf(state))
        this.#store.setAside(object, 'a stage wrote to it');
      misuses.push({
        path,
        others: [...(borrowers ?? [])].filter((holder) => holder !== borrower),
      });
    }
    return misuses;
  }

  async #isSound(object: string, { digest }: ListedFile): Promise<boolean> {
    const state = stateOf(object);
    if (state !== '' && this.#verified.get(digest) === state) return true;
    return await this.#store.checkObject(digest);
  }
}

/**
 * Inode, size and times of a file. A new link moves the change time, so different states may have
 * the same bytes.
 */
function stateOf(path: string): string {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats === undefined ? '' : `${stats.ino} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs}`;
}

const hashOf = (path: string): Promise<Digest | undefined> => hashFile(path).catch(() => undefined);

const inodeOf = (state: string): string => state.slice(0, Math.max(0, state.indexOf(' ')));
