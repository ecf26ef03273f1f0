import { type FileHandle, open } from 'node:fs/promises';
import { posix } from 'node:path';
import type { Environment } from '../../../../environment.ts';
import { forEachOf } from '../../../../for-each-of.ts';
import { temporaryBeside } from '../../../files/temporary-files.ts';
import {
  type Bucket,
  type FileBody,
  foundLink,
  foundOther,
  mostWhole,
  type Range,
  type StoredKey,
} from './bucket.ts';
import { ByteRoom } from './byte-room.ts';
import { openFlags, SftpClient, SftpFailure } from './sftp-client.ts';

/**
 * Bytes of one call, which every server accepts, and calls for one file that are under way at once.
 */
const block = 32 * 1024;
const calls = 64;
/**
 * Bytes of a file that are read at once to be sent: a read for each call took a quarter of the
 * thread's time.
 */
const part = 16 * block;
/** Folders that are listed at once. */
const listers = 32;

export interface SftpFolder {
  /** `host` or `user@host`. */
  readonly destination: string;
  readonly port: string | undefined;
  /** Absolute, or relative to the home folder of the user there. */
  readonly path: string;
}

/**
 * A shared store in a folder of a host that is reached by SSH. As in a folder of this machine,
 * links lead nowhere.
 */
export class SftpBucket implements Bucket {
  /** One connection carries all requests, so that each may wait for others. */
  readonly requests = 64;
  /** Connecting takes longer than elsewhere. */
  readonly patience = 15_000;
  readonly #client: SftpClient;
  readonly #folder: string;
  readonly #room = new ByteRoom(mostWhole);
  readonly #made = new Map<string, Promise<unknown>>();

  /** `patience` in milliseconds: see {@link SftpClient}. */
  constructor({ destination, port, path }: SftpFolder, env: Environment, patience?: number) {
    this.#client = new SftpClient({ destination, port, env }, patience);
    this.#folder = path;
  }

  async get(key: string, range?: Range): Promise<Buffer | undefined> {
    return await orMissing(async () => {
      // To open a FIFO would stop the server, which answers one request after the other.
      const { size, type } = await this.#client.lstat(this.#path(key));
      if (type !== 'file' || (range === undefined && size > mostWhole)) return undefined;
      if (range !== undefined) return await this.#read(key, range);
      return await this.#room.hold(size, () => this.#read(key, { start: 0, length: size }));
    });
  }

  async #read(key: string, { start, length, memory }: Range): Promise<Buffer> {
    const handle = await this.#client.open(this.#path(key), openFlags.read);
    try {
      const bytes = memory ?? Buffer.allocUnsafeSlow(length); // up to `end`, all of it is written
      let end = length;
      await forEachOf(rangesOf(length, block), calls, async ([from, to]) => {
        for (let at = from; at < to; ) {
          const part = await this.#client.read(handle, start + at, to - at);
          if (part.length === 0) {
            end = Math.min(end, at);
            return;
          }
          part.copy(bytes, at);
          at += part.length;
        }
      });
      return bytes.subarray(0, end);
    } finally {
      await this.#client.close(handle);
    }
  }

  async head(key: string): Promise<number | undefined> {
    const stats = await orMissing(() => this.#client.lstat(this.#path(key)));
    return stats?.type === 'file' ? stats.size : undefined;
  }

  async put(key: string, body: Buffer | FileBody, { sync } = { sync: true }): Promise<void> {
    const path = this.#path(key);
    const temporary = temporaryBeside(path);
    try {
      await this.#makeFolder(posix.dirname(path));
      await this.#write(temporary, body, sync);
      await this.#client.rename(temporary, path).catch(async (error) => {
        if (!(error instanceof SftpFailure) || error.isMissing) throw error;
        await this.delete(key); // a server that cannot replace
        await this.#client.rename(temporary, path);
      });
    } catch (error) {
      await this.#client.remove(temporary).catch(() => {});
      if (error instanceof SftpFailure) await this.#refuseOthers(key);
      throw error;
    }
  }

  async #write(path: string, body: Buffer | FileBody, sync: boolean): Promise<void> {
    const handle = await this.#client.open(
      path,
      openFlags.write | openFlags.create | openFlags.exclusive,
    );
    const file = Buffer.isBuffer(body) ? undefined : await open(body.path);
    try {
      const size = Buffer.isBuffer(body) ? body.length : body.size;
      await forEachOf(rangesOf(size, part), (calls * block) / part, async ([start, end]) => {
        const bytes = Buffer.isBuffer(body)
          ? body.subarray(start, end)
          : await readRange(file!, start, end);
        const blocks = rangesOf(bytes.length, block);
        await forEachOf(blocks, blocks.length, ([from, to]) =>
          this.#client.write(handle, start + from, bytes.subarray(from, to)),
        );
      });
      if (sync) await this.#client.sync(handle);
    } finally {
      await file?.close();
      await this.#client.close(handle);
    }
  }

  async *list(prefix: string): AsyncIterable<StoredKey> {
    const keys: StoredKey[] = [];
    await this.#refuseLinks(prefix);
    for (let folders = [prefix.replace(/\/$/, '')]; folders.length > 0; ) {
      const below: string[] = [];
      await forEachOf(folders, listers, async (folder) => {
        const entries = await orMissing(() => this.#client.list(this.#path(folder)));
        if (entries === undefined) await this.#refuseOthers(`${folder}/`);
        for (const { name, stats } of entries ?? []) {
          const key = `${folder}/${name}`;
          if (stats.type === 'link') throw foundLink(this.#path(key));
          if (stats.type === 'folder') below.push(key);
          if (stats.type === 'file') keys.push({ key, size: stats.size, time: 1000 * stats.time });
        }
      });
      folders = below;
    }
    yield* keys;
  }

  async top(): Promise<readonly string[]> {
    const entries = await orMissing(() => this.#client.list(this.#folder));
    return entries?.map(({ name }) => name) ?? [];
  }

  async delete(key: string): Promise<void> {
    await this.#refuseLinks(key);
    await orMissing(() => this.#client.remove(this.#path(key)));
  }

  async close(): Promise<void> {
    this.#client.end();
  }

  #path(key: string): string {
    return `${this.#folder}/${key}`;
  }

  /**
   * Throws for what lies at a key, or at a prefix, in the place of a folder or a file of the store.
   */
  async #refuseOthers(key: string): Promise<void> {
    const typeOf = async (path: string) => (await orMissing(() => this.#client.stat(path)))?.type;
    const names = key.split('/');
    for (const [index] of names.entries()) {
      const path = posix.join(this.#folder, ...names.slice(0, index));
      if (((await typeOf(path)) ?? 'folder') !== 'folder') throw foundOther(path, 'folder');
    }
    const isFile = !key.endsWith('/');
    if (isFile && (await typeOf(this.#path(key))) === 'folder')
      throw foundOther(this.#path(key), 'file');
  }

  /** Throws if a folder of a key or a prefix is a link. */
  async #refuseLinks(key: string): Promise<void> {
    const names = key.split('/').slice(0, -1);
    const folders = names.map((_, index) => this.#path(names.slice(0, index + 1).join('/')));
    await Promise.all(
      folders.map(async (folder) => {
        const stats = await orMissing(() => this.#client.lstat(folder));
        if (stats?.type === 'link') throw foundLink(folder);
      }),
    );
  }

  /**
   * Makes each folder once, after the one above it. Most are new: only if making one fails, the
   * server is asked for it.
   */
  #makeFolder(path: string): Promise<unknown> {
    const above = posix.dirname(path);
    const make = async () => {
      if (above !== path) await this.#makeFolder(above);
      return await this.#client.makeFolder(path).catch(async (error) => {
        // Where it is there, all is well. The user's own folders may be links, those of the store
        // are none.
        const isOwn = path.startsWith(`${this.#folder}/`);
        const stats = await this.#client[isOwn ? 'lstat' : 'stat'](path).catch(() =>
          Promise.reject(error),
        );
        if (stats.type === 'link') throw foundLink(path);
      });
    };
    const made = this.#made.get(path) ?? make();
    this.#made.set(path, made);
    return made;
  }
}

type ByteRange = readonly [from: number, to: number];

/** Divides bytes into ranges of `size`, the last of which may be smaller. */
const rangesOf = (length: number, size: number): readonly ByteRange[] =>
  Array.from({ length: Math.ceil(length / size) }, (_, index) => [
    index * size,
    Math.min(length, (index + 1) * size),
  ]);

async function readRange(file: FileHandle, from: number, to: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(to - from), 0, to - from, from);
  return buffer.subarray(0, bytesRead);
}

async function orMissing<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof SftpFailure && error.isMissing) return undefined;
    throw error;
  }
}
