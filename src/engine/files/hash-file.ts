import { createHash } from 'node:crypto';
import { readFile } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { type Digest, sha256 } from '../../digest.ts';

/** Files up to this size, in bytes, are read at once. */
const small = 1 << 20;
const chunk = 4 << 20;
// The callback form costs a third of the time of the one in fs/promises, which counts where files are many and small.
const readWhole = promisify(readFile);

/** The SHA-256 of a file's content; large files are streamed. `size` in bytes saves a stat. */
export async function hashFile(path: string, size?: number): Promise<Digest> {
  if ((size ?? (await stat(path)).size) <= small) return sha256(await readWhole(path));
  const file = await open(path, 'r');
  try {
    return await hashStream(file);
  } finally {
    await file.close();
  }
}

async function hashStream(file: FileHandle): Promise<Digest> {
  const hash = createHash('sha256');
  let ready = Buffer.allocUnsafe(chunk);
  let spare = Buffer.allocUnsafe(chunk);
  let { bytesRead } = await file.read(ready, 0, chunk, null);
  while (bytesRead > 0) {
    const next = file.read(spare, 0, chunk, null);
    hash.update(ready.subarray(0, bytesRead));
    [ready, spare] = [spare, ready];
    ({ bytesRead } = await next);
  }
  return hash.digest('hex') as Digest;
}
