import { closeSync, constants, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { readTar, type TarFile, tarEnd, tarHeader, tarPadding } from '../../../../tar.ts';
import { type Bucket, type FileBody, mostWhole, type Range, type StoredKey } from './bucket.ts';
import { ByteRoom } from './byte-room.ts';

/** Bytes that are copied at once. */
const piece = 1024 ** 2;

/**
 * A store in one file, a tar archive, which is read and written in place. Nothing is unpacked, so
 * no name in it is ever a path of the disk, and nothing is left behind by a kill but the file
 * itself.
 */
export class ArchiveBucket implements Bucket {
  readonly requests = 16;
  readonly patience = 2_500;
  readonly #file: number;
  readonly #room = new ByteRoom(mostWhole);
  readonly #entries: Map<string, Range>;
  /** Where the next entry begins. */
  #end = 0;

  private constructor(file: number, entries: Iterable<TarFile> = []) {
    this.#file = file;
    this.#entries = new Map(
      Array.from(entries, ({ name, start, size }) => [name, { start, length: size }]),
    );
  }

  /** Opens an archive for reading. Throws a `TarError` for another file. */
  static open(path: string): ArchiveBucket {
    // Nobody waits for the writer of a FIFO.
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return new ArchiveBucket(file, readTar(file, fstatSync(file).size));
    } catch (error) {
      closeSync(file);
      throw error;
    }
  }

  /** Begins a new file. It is an archive after {@link finish}. */
  static create(path: string): ArchiveBucket {
    return new ArchiveBucket(openSync(path, 'wx+'));
  }

  async get(key: string, range?: Range): Promise<Buffer | undefined> {
    const entry = this.#entries.get(key);
    if (entry === undefined || (range === undefined && entry.length > mostWhole)) return undefined;
    if (range !== undefined) return this.#read(entry, range);
    const all = { start: 0, length: entry.length };
    return await this.#room.hold(entry.length, async () => this.#read(entry, all));
  }

  #read(entry: Range, { start, length }: Range): Buffer {
    const bytes = Buffer.alloc(Math.max(0, Math.min(length, entry.length - start)));
    return bytes.subarray(0, readSync(this.#file, bytes, 0, bytes.length, entry.start + start));
  }

  async head(key: string): Promise<number | undefined> {
    return this.#entries.get(key)?.length;
  }

  async put(key: string, body: Buffer | FileBody): Promise<void> {
    const length = Buffer.isBuffer(body) ? body.length : body.size;
    const header = tarHeader(key, length);
    const at = this.#end;
    const start = at + header.length;
    // Before anything waits: others are put at the same time.
    this.#end = start + length + tarPadding(length).length;
    this.#write(header, at);
    if (Buffer.isBuffer(body)) this.#write(body, start);
    else await this.#copy(body, start);
    this.#entries.set(key, { start, length });
  }

  /** Ends the archive, and syncs it. */
  finish(): void {
    this.#write(tarEnd, this.#end);
    fsyncSync(this.#file);
  }

  async *list(prefix: string): AsyncIterable<StoredKey> {
    const { mtimeMs: time } = fstatSync(this.#file);
    for (const [key, { length }] of this.#entries)
      if (key.startsWith(prefix)) yield { key, size: length, time };
  }

  async top(): Promise<readonly string[]> {
    return [...new Set(Array.from(this.#entries.keys(), (key) => key.split('/', 1)[0]!))];
  }

  async delete(key: string): Promise<void> {
    throw new Error(`Internal error: ${key} cannot be deleted, since an archive only grows`);
  }

  async close(): Promise<void> {
    closeSync(this.#file);
  }

  #write(bytes: Uint8Array, at: number): void {
    for (let done = 0; done < bytes.length; )
      done += writeSync(this.#file, bytes, done, bytes.length - done, at + done);
  }

  async #copy({ path, size }: FileBody, start: number): Promise<void> {
    const source = openSync(path, 'r');
    try {
      const bytes = Buffer.allocUnsafe(Math.min(size, piece));
      for (let done = 0; done < size; ) {
        const read = readSync(source, bytes, 0, Math.min(bytes.length, size - done), done);
        if (read === 0)
          throw new Error(`Internal error: ${path} became shorter while it was copied`);
        this.#write(bytes.subarray(0, read), start + done);
        done += read;
        await nextTurn();
      }
    } finally {
      closeSync(source);
    }
  }
}
