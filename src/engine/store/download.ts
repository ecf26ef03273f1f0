import {
  closeSync,
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
import { checksumOf, digestOf } from './checksum.ts';
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
  const name = nameOf(file);
  const path = inCache(cache, 'downloads', name);
  if (sizeOf(path) !== undefined) return await verified(path, file);
  const earlier = await earlierDownload(cache, file);
  if (earlier !== undefined) return earlier;
  try {
    mkdirSync(inCache(cache, 'downloads'), { recursive: true });
    await using _ = await Lease.acquire(leasePath(cache, `download-${name}`));
    if (sizeOf(path) !== undefined) return await verified(path, file);
    const part = `${path}.part`;
    await fetchInto(part, path, { file, env }, progress);
    const checksum = checksumOf(file);
    const got = await digestOf(part, checksum);
    if (got !== checksum.digest) {
      rmSync(part);
      throw otherFile(got, path, file);
    }
    renameSync(part, path);
    return path;
  } catch (error) {
    throw writeError(path, error);
  }
}

/** File systems take names of at most 255 bytes; the end of a name has its extension. */
const longestBaseName = 100;

/** Two files of one name differ in their digests, which therefore begin the name. */
const nameOf = (file: PublishedFile): string =>
  `${checksumOf(file).digest}-${baseName(file).slice(-longestBaseName)}`;

const baseName = ({ url }: PublishedFile): string => basename(new URL(url).pathname);

/** Versions before the names began with digests kept a file under its name alone. */
async function earlierDownload(cache: string, file: PublishedFile): Promise<string | undefined> {
  const path = inCache(cache, 'downloads', baseName(file));
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
  const checksum = checksumOf(file);
  return (await digestOf(path, checksum)) === checksum.digest ? path : undefined;
}

async function verified(path: string, file: PublishedFile): Promise<string> {
  const checksum = checksumOf(file);
  const { algorithm, digest } = checksum;
  const got = await digestOf(path, checksum);
  if (got === digest) return path;
  throw new StageError(
    `Expected ${algorithm} ${digest} of ${path}, got ${got}: it is damaged, or another file. Remove it.`,
  );
}

interface WantedFile {
  readonly file: PublishedFile;
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
  wanted: WantedFile,
  progress: (progress: Progress) => void,
) {
  for (;;) {
    const before = sizeOf(part) ?? 0;
    const end = await fetchMore(part, before, wanted, progress).catch(
      (error: NodeJS.ErrnoException) => {
        // A disk error is not a connection error, so it is not retried.
        if (error.syscall === 'write' || error.syscall === 'open') throw error;
        return error;
      },
    );
    if (end === undefined) return;
    const after = sizeOf(part) ?? 0;
    if (after <= before) throw failure(end.message || String(end.code), path, wanted.file, after);
  }
}

/**
 * Appends what one connection brings, from the byte `start` on. Throws the error that ended it
 * early.
 */
async function fetchMore(
  part: string,
  start: number,
  { file, env }: WantedFile,
  progress: (progress: Progress) => void,
) {
  const response = await openUrl(file.url, start > 0 ? { range: `bytes=${start}-` } : {}, env);
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
        note: `fetching ${baseName(file)}`,
      });
    }
    fsyncSync(output);
  } finally {
    closeSync(output);
  }
  if (done < total) throw new Error(`the connection ended after ${done} of ${total} bytes`);
}

function failure(why: string, path: string, file: PublishedFile, kept: number): StageError {
  const { algorithm, digest } = checksumOf(file);
  const rest =
    kept > 0
      ? ` The ${kept} bytes that arrived are kept, and the next attempt resumes after them.`
      : '';
  const remedy = `Fetch it where there is a network, and put it at ${path}; its ${algorithm} is ${digest}.`;
  return new StageError(`Cannot fetch ${file.url}: ${why}. ${remedy}${rest}`);
}

function otherFile(got: string, path: string, file: PublishedFile): StageError {
  const { algorithm, digest } = checksumOf(file);
  return new StageError(
    `Expected ${algorithm} ${digest} of ${file.url}, got ${got}: the checksum is of another file, or the server sent something else, such as a page. Correct the checksum, or put the right file at ${path}.`,
  );
}

const sizeOf = (path: string): number | undefined =>
  statSync(path, { throwIfNoEntry: false })?.size;
