import { constants, existsSync, readdirSync, statSync } from 'node:fs';
import { copyFile, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { temporaryBeside } from '../../files/write-atomic.ts';
import { type Bucket, type FileBody, type Range, RefusedRequest, type StoredKey, UnreachableStore } from './bucket.ts';

/** A shared store in a folder, such as one of a network disk. */
export class FolderBucket implements Bucket {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async get(key: string, range?: Range): Promise<Buffer | undefined> {
    return await this.#reading(async () => {
      if (range === undefined) return await readFile(this.#path(key));
      await using file = await open(this.#path(key));
      const bytes = Buffer.alloc(range.length);
      const { bytesRead } = await file.read(bytes, 0, range.length, range.start);
      return bytes.subarray(0, bytesRead);
    });
  }

  async head(key: string): Promise<number | undefined> {
    return await this.#reading(async () => statSync(this.#path(key), { throwIfNoEntry: false })?.size);
  }

  async put(key: string, body: Buffer | FileBody, { sync } = { sync: true }): Promise<void> {
    const path = this.#path(key);
    const isStored = await this.#reading(async () => {
      if (!existsSync(this.#folder)) throw new UnreachableStore(`the folder ${this.#folder} is not there`);
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
    if (isStored !== true) throw new UnreachableStore(`${path} was removed while it was written`);
  }

  async *list(prefix: string): AsyncIterable<StoredKey> {
    const names = await this.#reading(async () =>
      readdirSync(this.#path(prefix), { recursive: true, withFileTypes: true }),
    );
    for (const entry of names ?? []) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const stats = statSync(path, { throwIfNoEntry: false });
      const key = path.slice(this.#folder.length + 1);
      if (stats !== undefined) yield { key, size: stats.size, time: stats.mtimeMs };
    }
  }

  async delete(key: string): Promise<void> {
    await this.#reading(() => rm(this.#path(key), { force: true }));
  }

  async close(): Promise<void> {}

  #path(key: string): string {
    return join(this.#folder, key);
  }

  /** A missing file gives undefined. A missing store is a failure: its disk may not be mounted. */
  async #reading<T>(act: () => Promise<T>): Promise<T | undefined> {
    try {
      return await act();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (error instanceof UnreachableStore) throw error;
      if (code === 'ENOENT' && existsSync(this.#folder)) return undefined;
      if (code === 'ENOENT') throw new UnreachableStore(`the folder ${this.#folder} is not there`);
      if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') throw new RefusedRequest((error as Error).message);
      throw new UnreachableStore((error as Error).message, { cause: error });
    }
  }
}

/** Writes a new file. A copy has the mode of its source, which may be read-only: syncing needs no right to write. */
async function write(path: string, body: Buffer | FileBody, sync: boolean): Promise<void> {
  if (!Buffer.isBuffer(body)) await copyFile(body.path, path, constants.COPYFILE_FICLONE);
  await using file = await open(path, Buffer.isBuffer(body) ? 'wx' : 'r');
  if (Buffer.isBuffer(body)) await file.writeFile(body);
  if (sync) await file.sync();
}
