import {
  closeSync,
  fchmodSync,
  fstatSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { type Digest, isDigest, sha256 } from '../../digest.ts';
import type { Json } from '../../json.ts';
import type { Piece, PieceStore } from '../../stage.ts';
import { backdate } from '../files/backdate.ts';
import { objectPath, piecePath } from '../files/cache-paths.ts';
import { hashFile } from '../files/hash-file.ts';
import { temporaryBeside } from '../files/temporary-files.ts';
import { creatingFolder, syncFile, writeSynced } from '../files/write-atomic.ts';
import { WriteError, writeError } from '../files/write-error.ts';
import { canonicalJson } from '../fingerprint/canonical-json.ts';
import { keepIfStored, storeObject, touchQuietly } from './store-object.ts';

/** What a file of `cache/pieces/` holds below the digest of the rest. */
interface PieceRecord {
  readonly facts: Json;
  /** The object with the bytes of the piece; absent for one of facts alone. */
  readonly object?: Digest;
}

/** Only the user may read the record of a piece: it may hold descriptors of faces. */
const ownerOnly = 0o600;

/** The pieces that stages may share: those of one kind, of one version, with one backend. */
export interface PieceScope {
  readonly base: Digest;
  /** Whether to make every piece again, as for `--force`. */
  readonly isFresh: boolean;
}

/**
 * The pieces of a stage in `cache/`. A piece is an object and the small file
 * `cache/pieces/ab/<digest>` that names it: the SHA-256 of its second line, then JSON.
 */
export class PieceFiles implements PieceStore {
  readonly #cache: string;
  readonly #scope: PieceScope;
  readonly #warn: (message: string) => void;
  #hasFailed = false;

  /** `warn` receives a message for the first piece that cannot be written. */
  constructor(cache: string, scope: PieceScope, warn: (message: string) => void) {
    this.#cache = cache;
    this.#scope = scope;
    this.#warn = warn;
  }

  async restore(key: Json, path?: string): Promise<Json | undefined> {
    if (this.#scope.isFresh) return undefined;
    const file = this.#path(key);
    const record = readPiece(file);
    if (record === undefined || (record.object === undefined) !== (path === undefined))
      return undefined;
    if (path !== undefined && !(await this.#restoreObject(record.object!, path))) return undefined;
    touchQuietly(file);
    return record.facts;
  }

  async keep(key: Json, { facts, path }: Piece): Promise<void> {
    try {
      const object = path === undefined ? {} : { object: await this.#storeObject(path) };
      const text = canonicalJson({ facts, ...object });
      await writeSynced(this.#path(key), `${sha256(text)}\n${text}`, {
        sync: true,
        mode: ownerOnly,
      });
    } catch (error) {
      const failure = writeError('a piece', error);
      if (!(failure instanceof WriteError)) throw error;
      if (!this.#hasFailed) this.#warn(`${failure.message} This run continues without it.`);
      this.#hasFailed = true;
    }
  }

  #path(key: Json): string {
    const { base } = this.#scope;
    return piecePath(this.#cache, sha256(`restage piece\n${base}\n${canonicalJson(key)}`));
  }

  /** Gives the output a second name in place of a copy. The bytes are hashed first. */
  async #restoreObject(digest: Digest, path: string): Promise<boolean> {
    const object = objectPath(this.#cache, digest);
    const stats = statSync(object, { throwIfNoEntry: false });
    if (stats === undefined || keepIfStored(object, stats.size) === undefined) return false;
    if ((await hashFile(object)) !== digest) return false;
    try {
      linkSync(object, path);
    } catch {
      await copyFile(object, path);
    }
    return true;
  }

  /**
   * Gives a file of the stage's outputs, which nobody writes any more, a second name as an object.
   */
  async #storeObject(path: string): Promise<Digest> {
    backdate(path, statSync(path));
    const digest = await hashFile(path);
    const object = objectPath(this.#cache, digest);
    if (keepIfStored(object, statSync(path).size) !== undefined) return digest;
    await seal(path);
    const temporary = temporaryBeside(object);
    try {
      creatingFolder(object, () => linkSync(path, temporary));
      renameSync(temporary, object);
    } catch {
      rmSync(temporary, { force: true });
      await storeObject(object, path, 'copy');
    }
    return digest;
  }
}

/** Syncs a file and makes it read-only. */
async function seal(path: string): Promise<void> {
  const file = openSync(path, 'r');
  try {
    await syncFile(file);
    if ((fstatSync(file).mode & 0o222) !== 0) fchmodSync(file, 0o444);
  } finally {
    closeSync(file);
  }
}

/** The record of a piece; undefined where there is none, or a damaged one. */
export function readPiece(file: string): PieceRecord | undefined {
  try {
    const [digest, text] = readFileSync(file, 'utf8').split('\n') as [string, string];
    if (sha256(text) !== digest) return undefined;
    const { facts, object } = JSON.parse(text) as PieceRecord;
    return object === undefined || isDigest(object)
      ? { facts, ...(object && { object }) }
      : undefined;
  } catch {
    return undefined;
  }
}
