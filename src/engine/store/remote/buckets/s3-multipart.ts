import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { forEachOf } from '../../../../for-each-of.ts';
import {
  type FileBody,
  RefusedRequest,
  type UnfinishedUpload,
  UnreachableStore,
} from './bucket.ts';
import { escapeXml, insideEach, textOf } from './flat-xml.ts';
import type { S3Client } from './s3-client.ts';

/** How many parts a server takes at most, and how many are sent at once. */
const mostParts = 10_000;
const senders = 4;
/** How often an upload is begun that somebody else ends. */
const mostUploads = 3;

/** An upload in parts: begun, or one that a killed push has left. */
interface Upload {
  readonly key: string;
  readonly id: string;
}

interface StoredPart {
  readonly number: number;
  readonly etag: string;
  readonly size: number;
  /** Milliseconds since the epoch, by the server. */
  readonly time: number;
}

/** A part of a file, which is sent by one request. */
interface FilePart extends FileBody {
  readonly number: number;
  readonly start: number;
}

/**
 * Stores a file by parts. A push that was killed has left an upload under the same key: it goes on,
 * and only parts are sent whose bytes are not there. Keys follow from content, so two pushes of a
 * key send the same bytes, and may share an upload; whoever ends it first ends it for both.
 *
 *   begun or found → parts are sent → completed
 *     → gone, as another push has completed it, or `store gc` has ended it: then begun again,
 *       unless the bytes are there
 */
export async function putInParts(
  client: S3Client,
  key: string,
  { body, partSize }: { readonly body: FileBody; readonly partSize: number },
): Promise<void> {
  for (let uploads = 1; uploads <= mostUploads; uploads += 1) {
    const upload = (await findUpload(client, key)) ?? (await begin(client, key));
    if ((await finish(client, upload, partsOf(body, partSize))) === 'gone') {
      if ((await sizeOf(client, key)) === body.size) return;
      continue;
    }
    const size = await sizeOf(client, key);
    if (size === body.size) return;
    throw new UnreachableStore(`it has ${size ?? 'none'} of the ${body.size} bytes of ${key}`);
  }
  throw new UnreachableStore(`somebody else ended the upload of ${key} ${mostUploads} times`);
}

/** The parts of a file, by its size alone: so another push makes the same ones. */
function partsOf(file: FileBody, least: number): readonly Omit<FilePart, 'digest'>[] {
  const { path, size } = file;
  const length = Math.max(least, Math.ceil(size / mostParts));
  return Array.from({ length: Math.ceil(size / length) }, (_, index) => {
    const start = index * length;
    return { path, number: index + 1, start, size: Math.min(length, size - start) };
  });
}

async function sizeOf(client: S3Client, key: string): Promise<number | undefined> {
  const { status, headers } = await client.ask('HEAD', key);
  return status === 404 ? undefined : Number(headers['content-length']);
}

async function begin(client: S3Client, key: string): Promise<Upload> {
  const { body } = await client.ask('POST', key, { query: { uploads: '' } });
  const id = textOf(body.toString(), 'UploadId');
  if (id === undefined) throw new UnreachableStore('it begins no upload in parts');
  return { key, id };
}

/** The newest upload under a key that nobody has ended. Without the right to list them, none. */
async function findUpload(client: S3Client, key: string): Promise<Upload | undefined> {
  const all = (await listUploads(client, key)).filter((upload) => upload.key === key);
  return all.toSorted((a, b) => b.begun - a.begun)[0];
}

async function listUploads(
  client: S3Client,
  prefix: string,
): Promise<readonly (Upload & { readonly begun: number })[]> {
  const uploads: (Upload & { readonly begun: number })[] = [];
  let more: Readonly<Record<string, string>> | undefined = {};
  while (more !== undefined) {
    const query: Record<string, string> = { uploads: '', prefix: client.prefix + prefix, ...more };
    let text: string;
    try {
      text = (await client.ask('GET', undefined, { query })).body.toString();
    } catch (error) {
      if (error instanceof RefusedRequest) return [];
      throw error;
    }
    for (const inside of insideEach(text, 'Upload')) {
      const key = textOf(inside, 'Key')!.slice(client.prefix.length);
      const begun = Date.parse(textOf(inside, 'Initiated')!);
      uploads.push({ key, id: textOf(inside, 'UploadId')!, begun });
    }
    const key = textOf(text, 'NextKeyMarker');
    const id = textOf(text, 'NextUploadIdMarker');
    const isCut = textOf(text, 'IsTruncated') === 'true' && key !== undefined;
    more = isCut
      ? { 'key-marker': key, ...(id !== undefined && { 'upload-id-marker': id }) }
      : undefined;
  }
  return uploads;
}

/** The parts of an upload that are there; undefined for one that somebody has ended. */
async function listParts(
  client: S3Client,
  { key, id }: Upload,
): Promise<readonly StoredPart[] | undefined> {
  const parts: StoredPart[] = [];
  for (let marker: string | undefined = '0'; marker !== undefined; ) {
    const query: Record<string, string> = { uploadId: id, 'part-number-marker': marker };
    const { status, body } = await client.ask('GET', key, { query });
    if (status === 404) return undefined;
    const text = body.toString();
    for (const inside of insideEach(text, 'Part')) {
      parts.push({
        number: Number(textOf(inside, 'PartNumber')),
        etag: textOf(inside, 'ETag') ?? '',
        size: Number(textOf(inside, 'Size')),
        time: Date.parse(textOf(inside, 'LastModified') ?? ''),
      });
    }
    const next = textOf(text, 'NextPartNumberMarker');
    marker = textOf(text, 'IsTruncated') === 'true' && next !== marker ? next : undefined;
  }
  return parts;
}

/** Sends what an upload lacks, and completes it. */
async function finish(
  client: S3Client,
  upload: Upload,
  parts: readonly Omit<FilePart, 'digest'>[],
): Promise<'completed' | 'gone'> {
  const stored = await listParts(client, upload);
  if (stored === undefined) return 'gone';
  const there = new Map(stored.map((part) => [part.number, part]));
  const etags = new Map<number, string>();
  // After a failure no further part is begun, and nothing is under way when it is thrown.
  const failures: unknown[] = [];
  let isGone = false;
  await forEachOf(parts, senders, async (part) => {
    if (isGone || failures.length > 0) return;
    try {
      const etag = await sendPart(client, upload, part, there.get(part.number));
      if (etag === undefined) isGone = true;
      else etags.set(part.number, etag);
    } catch (error) {
      failures.push(error);
    }
  });
  if (failures.length > 0) throw failures[0];
  return isGone ? 'gone' : await complete(client, upload, { parts, etags });
}

/**
 * Sends a part, unless the one that is there has its bytes: its tag is their MD5. With keys of KMS
 * it is another text, so that the part is sent again. Returns the tag; undefined where somebody has
 * ended the upload.
 */
async function sendPart(
  client: S3Client,
  { key, id }: Upload,
  part: Omit<FilePart, 'digest'>,
  there: StoredPart | undefined,
): Promise<string | undefined> {
  const { md5, sha256 } = await hashPart(part);
  if (there?.size === part.size && there.etag.replaceAll('"', '') === md5) return there.etag;
  const query = { partNumber: String(part.number), uploadId: id };
  const { status, headers } = await client.ask('PUT', key, {
    query,
    body: { ...part, digest: sha256 },
  });
  return status === 404 ? undefined : (headers.etag ?? '');
}

async function hashPart({ path, start, size }: Omit<FilePart, 'digest'>) {
  const md5 = createHash('md5');
  const sha256 = createHash('sha256');
  for await (const chunk of createReadStream(path, { start, end: start + size - 1 })) {
    md5.update(chunk as Buffer);
    sha256.update(chunk as Buffer);
  }
  return { md5: md5.digest('hex'), sha256: sha256.digest('hex') as FileBody['digest'] };
}

/** What a server says of a part that somebody has replaced meanwhile. */
const replaced = ['InvalidPart', 'InvalidPartOrder', 'EntityTooSmall'];

async function complete(
  client: S3Client,
  { key, id }: Upload,
  sent: {
    readonly parts: readonly Omit<FilePart, 'digest'>[];
    readonly etags: ReadonlyMap<number, string>;
  },
): Promise<'completed' | 'gone'> {
  const listed = sent.parts.map(({ number }) => {
    const etag = escapeXml(sent.etags.get(number)!);
    return `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`;
  });
  const text = `<CompleteMultipartUpload>${listed.join('')}</CompleteMultipartUpload>`;
  const size = sent.parts.reduce((sum, part) => sum + part.size, 0);
  const question = {
    query: { uploadId: id },
    body: Buffer.from(text),
    accepts: replaced,
    work: size,
  };
  const { status, body } = await client.ask('POST', key, question);
  if (status === 404) return 'gone';
  // The server may fail after it has begun its answer with 200.
  const code = textOf(body.toString('utf8', 0, 2000), 'Code');
  if (code === undefined) return 'completed';
  if (!replaced.includes(code))
    throw new UnreachableStore(`it did not join the parts of ${key} (${code})`);
  await end(client, { key, id });
  return 'gone';
}

async function end(client: S3Client, { key, id }: Upload): Promise<void> {
  await client.ask('DELETE', key, { query: { uploadId: id } });
}

/** The uploads that nobody has ended, dated by the last part that came. */
export async function* unfinishedUploads(client: S3Client): AsyncIterable<UnfinishedUpload> {
  for (const upload of await listUploads(client, '')) {
    const parts = await listParts(client, upload);
    if (parts === undefined) continue;
    const times = parts.map(({ time }) => time).filter((time) => !Number.isNaN(time));
    yield {
      key: upload.key,
      time: times.reduce((last, time) => Math.max(last, time), upload.begun),
      discard: () => end(client, upload),
    };
  }
}
