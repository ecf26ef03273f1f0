import { constants, existsSync, lstatSync, readdirSync, statSync } from 'node:fs';
import { copyFile, type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openPlain } from '../../../files/open-plain.ts';
import { temporaryBeside } from '../../../files/temporary-files.ts';
import {
  type Bucket,
  type FileBody,
  foundLink,
  foundOther,
  mostWhole,
  type Range,
  RefusedRequest,
  type StoredKey,
  UnreachableStore,
} from './bucket.ts';
import { ByteRoom } from './byte-room.ts';

/**
 * A shared store in a folder, such as one of a network disk. Others may write there, too: nothing
 * is written, listed or deleted through a link, which may lead to files that are no business of the
 * store. What is read is verified, wherever it lies.
 */
export class FolderBucket implements Bucket {
  readonly requests = 16;
  readonly patience = 2_500;
  readonly #folder: string;
  readonly #room = new ByteRoom(mostWhole);

  constructor(folder: string) {
    this.#folder = folder;
  }

  async get(key: string, range?: Range): Promise<Buffer | undefined> {
    return await this.#reading(key, async () => {
      const file = await openPlain(join(this.#folder, key));
      // Not `await using`: open files of Yarn's Plug'n'Play have no disposal.
      try {
        return file && (await this.#read(file, range));
      } finally {
        await file?.close();
      }
    });
  }

  /** A part of a file, or all of it; undefined for one that is larger than readers accept. */
  async #read(file: FileHandle, range: Range | undefined): Promise<Buffer | undefined> {
    if (range !== undefined) return await readPart(file, range);
    const { size } = await file.stat();
    if (size > mostWhole) return undefined;
    return await this.#room.hold(size, () => readPart(file, { start: 0, length: size }));
  }

  async head(key: string): Promise<number | undefined> {
    return await this.#reading(key, async () => {
      const stats = lstatSync(join(this.#folder, key), { throwIfNoEntry: false });
      return stats?.isFile() === true ? stats.size : undefined;
    });
  }

  async put(key: string, body: Buffer | FileBody, { sync } = { sync: true }): Promise<void> {
    const isStored = await this.#reading(key, async () => {
      if (!existsSync(this.#folder))
        throw new UnreachableStore(`the folder ${this.#folder} is not there`);
      const path = this.#path(key);
      await mkdir(dirname(path), { recursive: true });
      const temporary = temporaryBeside(path);
      try {
        await write(temporary, body, sync);
        await rename(temporary, path);
        return true;
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    });
    if (isStored !== true)
      throw new UnreachableStore(`${join(this.#folder, key)} was removed while it was written`);
  }

  async *list(prefix: string): AsyncIterable<StoredKey> {
    const entries = await this.#reading(prefix, async () =>
      readdirSync(this.#path(prefix), { recursive: true, withFileTypes: true }),
    );
    for (const entry of entries ?? []) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isSymbolicLink()) throw foundLink(path);
      if (!entry.isFile()) continue;
      const stats = lstatSync(path, { throwIfNoEntry: false });
      const key = path.slice(this.#folder.length + 1);
      if (stats !== undefined) yield { key, size: stats.size, time: stats.mtimeMs };
    }
  }

  async top(): Promise<readonly string[]> {
    return (await this.#reading('', async () => readdirSync(this.#folder))) ?? [];
  }

  async delete(key: string): Promise<void> {
    await this.#reading(key, () => rm(this.#path(key), { force: true }));
  }

  async close(): Promise<void> {}

  /** The path of a key or a prefix. Throws if one of its folders is a link. */
  #path(key: string): string {
    const names = key.split('/');
    let path = this.#folder;
    for (const name of names.slice(0, -1)) {
      path = join(path, name);
      if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) throw foundLink(path);
    }
    return join(path, names.at(-1)!);
  }

  /** Throws if a key is a folder, or if a prefix is a file. */
  #refuseOthers(key: string): void {
    const names = key.split('/');
    for (const [index] of names.entries()) {
      const path = join(this.#folder, ...names.slice(0, index));
      if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === false)
        throw foundOther(path, 'folder');
    }
    const path = join(this.#folder, key);
    const isFile = !key.endsWith('/');
    if (isFile && statSync(path, { throwIfNoEntry: false })?.isDirectory())
      throw foundOther(path, 'file');
  }

  /** A missing file gives undefined. A missing store is a failure: its disk may not be mounted. */
  async #reading<T>(key: string, act: () => Promise<T>): Promise<T | undefined> {
    try {
      return await act();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (error instanceof UnreachableStore) throw error;
      if (code === 'ENOENT' && existsSync(this.#folder)) return undefined;
      if (code === 'ENOENT') throw new UnreachableStore(`the folder ${this.#folder} is not there`);
      if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
        throw new RefusedRequest(describeRight(error));
      if (inTheWay.has(code ?? '')) this.#refuseOthers(key);
      throw new UnreachableStore(failures[code ?? ''] ?? (error as Error).message, {
        cause: error,
      });
    }
  }
}

/**
 * What the system says where a file lies in the place of a folder, or a folder in that of a file.
 */
const inTheWay: ReadonlySet<string> = new Set([
  'ENOTDIR',
  'EEXIST',
  'EISDIR',
  'ENOTEMPTY',
  'ERR_FS_EISDIR',
]);

const failures: Readonly<Record<string, string>> = {
  ENOSPC: 'its disk is full',
  EDQUOT: 'your quota of its disk is used up',
  EIO: 'its disk reports an error',
  ESTALE: 'its network disk has lost the file',
};

/** The path that may not be read or written, and why. */
function describeRight(error: unknown): string {
  const { path, code } = error as NodeJS.ErrnoException;
  return `${path}: ${code === 'EROFS' ? 'the disk is read-only' : 'you lack the right to it'}`;
}

/** The bytes of a range; fewer where the file ends before. */
async function readPart(file: FileHandle, { start, length, memory }: Range): Promise<Buffer> {
  const bytes = memory ?? Buffer.alloc(length);
  let end = 0;
  for (let got = 1; got > 0 && end < length; end += got) {
    ({ bytesRead: got } = await file.read(bytes, end, length - end, start + end));
  }
  return bytes.subarray(0, end);
}

/**
 * Writes a new file. A copy has the mode of its source, which may be read-only: syncing needs no
 * right to write.
 */
async function write(path: string, body: Buffer | FileBody, sync: boolean): Promise<void> {
  if (!Buffer.isBuffer(body)) await copyFile(body.path, path, constants.COPYFILE_FICLONE);
  const file = await open(path, Buffer.isBuffer(body) ? 'wx' : 'r');
  try {
    if (Buffer.isBuffer(body)) await file.writeFile(body);
    if (sync) await file.sync();
  } finally {
    await file.close();
  }
}
