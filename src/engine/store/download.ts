import { createHash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename } from 'node:path';
import type { Environment } from '../../environment.ts';
import { type Progress, type PublishedFile, StageError } from '../../stage.ts';
import { inCache, leasePath } from '../files/cache-paths.ts';
import { writeError } from '../files/write-error.ts';
import { openUrl } from '../http/open-url.ts';
import { Lease } from './lease.ts';

/**
 * The path of a published file in `<cache>/downloads`, fetched or resumed by one process, through
 * the proxy of the environment. Throws a {@link StageError}.
 */
export async function download(
  cache: string,
  file: PublishedFile,
  env: Environment,
  progress: (progress: Progress) => void = () => {},
): Promise<string> {
  const name = basename(new URL(file.url).pathname);
  const path = inCache(cache, 'downloads', name);
  if (sizeOf(path) !== undefined) return await verified(path, file);
  try {
    mkdirSync(inCache(cache, 'downloads'), { recursive: true });
    await using _ = await Lease.acquire(leasePath(cache, `download-${name}`));
    if (sizeOf(path) !== undefined) return await verified(path, file);
    const part = `${path}.part`;
    await fetchInto(part, path, { ...file, env }, progress);
    const got = await md5Of(part);
    if (got !== file.md5) {
      rmSync(part);
      throw failure(`the downloaded file has md5 ${got}`, path, file);
    }
    renameSync(part, path);
    return path;
  } catch (error) {
    throw writeError(path, error);
  }
}

async function verified(path: string, { md5 }: PublishedFile): Promise<string> {
  const got = await md5Of(path);
  if (got === md5) return path;
  throw new StageError(
    `Expected md5 ${md5} of ${path}, got ${got}: it is damaged, or another file. Remove it.`,
  );
}

interface WantedFile extends PublishedFile {
  /** Where the proxy is. */
  readonly env: Environment;
}

/**
 * Fetches the missing bytes of a file. After a broken connection it tries again, as long as each
 * attempt brings some.
 */
async function fetchInto(
  part: string,
  path: string,
  file: WantedFile,
  progress: (progress: Progress) => void,
) {
  for (;;) {
    const before = sizeOf(part) ?? 0;
    const end = await fetchMore(part, before, file, progress).catch(
      (error: NodeJS.ErrnoException) => {
        // A disk error is not a connection error, so it is not retried.
        if (error.syscall === 'write' || error.syscall === 'open') throw error;
        return error;
      },
    );
    if (end === undefined) return;
    const after = sizeOf(part) ?? 0;
    if (after <= before) throw failure(end.message || String(end.code), path, file, after);
  }
}

/**
 * Appends what one connection brings, from the byte `start` on. Throws the error that ended it
 * early.
 */
async function fetchMore(
  part: string,
  start: number,
  { url, env }: WantedFile,
  progress: (progress: Progress) => void,
) {
  const response = await openUrl(url, start > 0 ? { range: `bytes=${start}-` } : {}, env);
  const { statusCode, headers } = response;
  // The whole file is here already.
  if (statusCode === 416 && start > 0) return void response.destroy();
  if (statusCode !== 200 && statusCode !== 206) {
    response.destroy();
    throw new Error(`the server answered ${statusCode}`);
  }
  // A server that does not support ranges sends the whole file again.
  let done = statusCode === 206 ? start : 0;
  const total = done + Number(headers['content-length'] ?? 0);
  const output = openSync(part, statusCode === 206 ? 'a' : 'w');
  try {
    for await (const chunk of response) {
      let written = 0;
      while (written < chunk.length) written += writeSync(output, chunk, written);
      done += written;
      progress({
        done,
        total: Math.max(done, total),
        unit: 'bytes',
        note: `fetching ${basename(part, '.part')}`,
      });
    }
    fsyncSync(output);
  } finally {
    closeSync(output);
  }
  if (done < total) throw new Error(`the connection ended after ${done} of ${total} bytes`);
}

function failure(why: string, path: string, { url, md5 }: PublishedFile, kept = 0): StageError {
  const rest =
    kept > 0
      ? ` The ${kept} bytes that arrived are kept, and the next attempt resumes after them.`
      : '';
  const remedy = `Fetch it where there is a network, and put it at ${path}; its md5 is ${md5}.`;
  return new StageError(`Cannot fetch ${url}: ${why}. ${remedy}${rest}`);
}

export async function md5Of(path: string): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}

const sizeOf = (path: string): number | undefined =>
  statSync(path, { throwIfNoEntry: false })?.size;
