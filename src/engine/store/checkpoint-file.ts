import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, statfsSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Json } from '../../json.ts';
import type { Checkpoint, CheckpointStore } from '../../stage.ts';
import { writeAtomic } from '../files/write-atomic.ts';
import { WriteError, writeError } from '../files/write-error.ts';
import { touchQuietly } from './store-object.ts';

/**
 * The file `cache/checkpoints/ab/<digest>`: length of header (4 bytes), header JSON
 * `{ state, lengths }`, float32 arrays, SHA-256 of all that (32 bytes), in the host's byte order.
 * It is written whole, and counts as missing unless its digest matches.
 */
export class CheckpointFile implements CheckpointStore {
  readonly #path: string;
  readonly #warn: (message: string) => void;
  #hasFailed = false;

  /**
   * `warn` receives a message for a damaged checkpoint, and one for the first that cannot be
   * written.
   */
  constructor(path: string, warn: (message: string) => void) {
    this.#path = path;
    this.#warn = warn;
  }

  load(): Checkpoint | undefined {
    try {
      const checkpoint = read(this.#path);
      touchQuietly(this.#path);
      return checkpoint;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return undefined;
      this.#warn(
        `The checkpoint ${this.#path} cannot be used (${message}): the stage begins from the start`,
      );
      return undefined;
    }
  }

  save(checkpoint: Checkpoint): void {
    try {
      write(this.#path, checkpoint);
    } catch (error) {
      const failure = writeError('a checkpoint', error);
      if (!(failure instanceof WriteError)) throw error;
      if (!this.#hasFailed) this.#warn(`${failure.message} This run continues without it.`);
      this.#hasFailed = true;
    }
  }
}

const digestBytes = 32;

interface Header {
  readonly state: Json;
  readonly lengths: readonly number[];
}

function write(path: string, { state, arrays }: Checkpoint): void {
  const content: Header = { state, lengths: arrays.map(({ length }) => length) };
  const header = Buffer.from(JSON.stringify(content));
  const parts = [Uint32Array.of(header.length), header, ...arrays];
  const size = parts.reduce((sum, { byteLength }) => sum + byteLength, digestBytes);
  const writeParts = (file: number) => {
    refuseFullDisk(path, size);
    const hash = createHash('sha256');
    for (const part of parts) {
      hash.update(part);
      writeFileSync(file, part); // all of it, where writeSync may write a part
    }
    writeFileSync(file, hash.digest());
  };
  writeAtomic(path, writeParts, { sync: true });
}

/**
 * Throws where a checkpoint would fill the disk: other stages need space for their logs and
 * outputs.
 */
function refuseFullDisk(path: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(dirname(path));
  if (bavail * bsize >= bytes) return;
  throw Object.assign(new Error(`no space left for ${bytes} bytes`), {
    code: 'ENOSPC',
    syscall: 'write',
  });
}

/**
 * The state in a checkpoint's file, without its arrays and unchecked; undefined where there is none
 * that can be read.
 */
export function readCheckpointState(path: string): Json | undefined {
  try {
    const file = openSync(path, 'r');
    try {
      const [length = 0] = fill(file, new Uint32Array(1));
      // A user's program wrote this checkpoint in its own format.
      if (length > fstatSync(file).size) return undefined;
      return (JSON.parse(fill(file, Buffer.alloc(length)).toString()) as Header).state;
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

/** Whether the digest of a checkpoint's file matches. */
export function isSoundCheckpoint(path: string): boolean {
  const file = openSync(path, 'r');
  try {
    return isWhole(file, fstatSync(file).size);
  } finally {
    closeSync(file);
  }
}

function read(path: string): Checkpoint {
  const file = openSync(path, 'r');
  try {
    if (!isWhole(file, fstatSync(file).size)) throw new Error('it is damaged');
    const [length] = fill(file, new Uint32Array(1));
    const { state, lengths } = JSON.parse(fill(file, Buffer.alloc(length!)).toString()) as Header;
    return { state, arrays: lengths.map((length) => fill(file, new Float32Array(length))) };
  } finally {
    closeSync(file);
  }
}

/** Whether the digest at the end is that of the rest; leaves the file at its beginning. */
function isWhole(file: number, size: number): boolean {
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(4 << 20);
  let remaining = size - digestBytes;
  while (remaining > 0) {
    const bytes = readSync(
      file,
      chunk,
      0,
      Math.min(chunk.length, remaining),
      size - digestBytes - remaining,
    );
    if (bytes === 0) return false;
    hash.update(chunk.subarray(0, bytes));
    remaining -= bytes;
  }
  const digest = Buffer.alloc(digestBytes);
  if (remaining < 0 || readSync(file, digest, 0, digestBytes, size - digestBytes) < digestBytes)
    return false;
  return hash.digest().equals(digest);
}

function fill<T extends NodeJS.ArrayBufferView>(file: number, array: T): T {
  for (let at = 0; at < array.byteLength; ) {
    const bytes = readSync(file, array, at, array.byteLength - at, null);
    if (bytes === 0) throw new Error('it is damaged');
    at += bytes;
  }
  return array;
}
