import { createHash } from 'node:crypto';
import { closeSync, openSync, read } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { type Digest, sha256 } from '../../digest.ts';

/** Files up to this size, in bytes, are read at once, larger ones in parts of it. */
const part = 1 << 20;
const readPart = promisify(read);
/** Buffers for small files, to use again: as many as were ever read at once. */
const spareBuffers: Buffer[] = [];

/** The SHA-256 of a file's content; large files are streamed. `size` in bytes saves a stat. */
export async function hashFile(path: string, size?: number): Promise<Digest> {
  const length = size ?? (await stat(path)).size;
  const digest = length > 0 && length <= part ? await hashSmall(path, length) : undefined;
  return digest ?? (await hashStream(path));
}

/**
 * Undefined for a file of more than `size` bytes. Only the read runs in another thread: the other
 * calls take less than the switch.
 */
async function hashSmall(path: string, size: number): Promise<Digest | undefined> {
  const bytes = spareBuffers.pop() ?? Buffer.allocUnsafeSlow(part + 1);
  const file = openSync(path, 'r');
  try {
    let length = 0;
    for (let got = 1; got > 0 && length < size; length += got) {
      ({ bytesRead: got } = await readPart(file, bytes, length, size + 1 - length, null));
    }
    return length > size ? undefined : sha256(bytes.subarray(0, length));
  } finally {
    closeSync(file);
    spareBuffers.push(bytes);
  }
}

async function hashStream(path: string): Promise<Digest> {
  const file = await open(path, 'r');
  // Not `await using`: open files of Yarn's Plug'n'Play have no disposal.
  try {
    const hash = createHash('sha256');
    let ready = Buffer.allocUnsafe(part);
    let spare = Buffer.allocUnsafe(part);
    let { bytesRead } = await file.read(ready, 0, part, null);
    while (bytesRead > 0) {
      const next = file.read(spare, 0, part, null);
      hash.update(ready.subarray(0, bytesRead));
      [ready, spare] = [spare, ready];
      ({ bytesRead } = await next);
    }
    return hash.digest('hex') as Digest;
  } finally {
    await file.close();
  }
}
