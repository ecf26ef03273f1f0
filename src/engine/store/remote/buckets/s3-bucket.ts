import type { Environment } from '../../../../environment.ts';
import type { Bucket, FileBody, Range, StoredKey, UnfinishedUpload } from './bucket.ts';
import { insideEach, textOf, unescapeXml } from './flat-xml.ts';
import { S3Client, type S3Location } from './s3-client.ts';
import { putInParts, unfinishedUploads } from './s3-multipart.ts';
import { ValueReader } from './value-reader.ts';

/** A file of so many bytes is sent in parts of as many; one request takes at most 5 GiB. */
const usualPart = 64 * 1024 ** 2;

interface S3Limits {
  /** Milliseconds of silence that end a request. */
  readonly timeout?: number;
  /** Bytes of a part of an upload. */
  readonly partSize?: number;
}

/** A shared store in a bucket of S3 or of a compatible server. */
export class S3Bucket implements Bucket {
  readonly requests = 16;
  readonly patience: number;
  readonly #client: S3Client;
  readonly #partSize: number;
  readonly #values: ValueReader;

  constructor(place: S3Location, env: Environment, { timeout, partSize }: S3Limits = {}) {
    this.#client = new S3Client(place, env, timeout);
    this.#values = new ValueReader(this.#client, 'range');
    this.patience = this.#client.patience;
    this.#partSize = partSize ?? usualPart;
  }

  async get(key: string, range?: Range): Promise<Buffer | undefined> {
    return await this.#values.get(key, range);
  }

  async head(key: string): Promise<number | undefined> {
    return await this.#values.head(key);
  }

  async put(key: string, body: Buffer | FileBody): Promise<void> {
    const isFile = !Buffer.isBuffer(body);
    if (isFile && body.size > this.#partSize)
      await putInParts(this.#client, key, { body, partSize: this.#partSize });
    else await this.#client.ask('PUT', key, { body });
  }

  unfinished(): AsyncIterable<UnfinishedUpload> {
    return unfinishedUploads(this.#client);
  }

  async *list(prefix: string): AsyncIterable<StoredKey> {
    for (let next: string | undefined = ''; next !== undefined; ) {
      const more: Record<string, string> = next === '' ? {} : { 'continuation-token': next };
      const query = { 'list-type': '2', prefix: this.#client.prefix + prefix, ...more };
      const text = (await this.#client.ask('GET', undefined, { query })).body.toString('utf8');
      for (const contents of insideEach(text, 'Contents')) {
        const key = textOf(contents, 'Key')!.slice(this.#client.prefix.length);
        yield {
          key,
          size: Number(textOf(contents, 'Size')),
          time: Date.parse(textOf(contents, 'LastModified')!),
        };
      }
      next = textOf(text, 'NextContinuationToken');
    }
  }

  async top(): Promise<readonly string[]> {
    const query = { 'list-type': '2', prefix: this.#client.prefix, delimiter: '/' };
    const text = (await this.#client.ask('GET', undefined, { query })).body.toString('utf8');
    const matches = text.matchAll(/<(?:Contents><Key|CommonPrefixes><Prefix)>([^<]*)</g);
    const names = Array.from(matches, ([, key = '']) =>
      unescapeXml(key).slice(this.#client.prefix.length),
    );
    // A console makes a key of the prefix.
    return names.map((name) => name.replace(/\/$/, '')).filter((name) => name !== '');
  }

  async delete(key: string): Promise<void> {
    await this.#client.ask('DELETE', key);
  }

  async close(): Promise<void> {
    this.#client.close();
  }
}
