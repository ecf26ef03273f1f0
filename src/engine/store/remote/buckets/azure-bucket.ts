import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Environment } from '../../../../environment.ts';
import { forEachOf } from '../../../../for-each-of.ts';
import { AzureClient, type AzureLocation } from './azure-client.ts';
import {
  type Bucket,
  type FileBody,
  type Range,
  type StoredKey,
  UnreachableStore,
} from './bucket.ts';
import { insideEach, textOf } from './flat-xml.ts';
import { ValueReader } from './value-reader.ts';

/** A larger file is sent in blocks of as many bytes, or more where it has too many. */
const usualBlock = 64 * 1024 ** 2;
const mostBlocks = 50_000;
/** How many blocks are sent at once. */
const senders = 4;
/** How often blocks are sent that somebody else's upload of the same key takes away. */
const mostUploads = 3;

interface Block {
  readonly path: string;
  readonly start: number;
  readonly size: number;
}

interface BlockToSend {
  readonly index: number;
  readonly block: Block;
  /** Bytes of blocks that are there, by name. */
  readonly there: ReadonlyMap<string | undefined, number>;
}

/** A shared store in a container of Azure's blobs, or of a compatible server. */
export class AzureBucket implements Bucket {
  readonly requests = 16;
  readonly patience = 2_500;
  readonly #client: AzureClient;
  readonly #blockSize: number;
  readonly #page: number;
  readonly #values: ValueReader;

  /** `blockSize` in bytes; `page` is how many keys a page of a list has. */
  constructor(
    place: AzureLocation,
    env: Environment,
    { blockSize = usualBlock, page = 5000 } = {},
  ) {
    this.#client = new AzureClient(place, env);
    this.#values = new ValueReader(this.#client, 'x-ms-range');
    this.#blockSize = blockSize;
    this.#page = page;
  }

  async get(key: string, range?: Range): Promise<Buffer | undefined> {
    return await this.#values.get(key, range);
  }

  async head(key: string): Promise<number | undefined> {
    return await this.#values.head(key);
  }

  async put(key: string, body: Buffer | FileBody): Promise<void> {
    if (!Buffer.isBuffer(body) && body.size > this.#blockSize)
      return await this.#putBlocks(key, body);
    const part = Buffer.isBuffer(body) ? body : { path: body.path, start: 0, size: body.size };
    const headers = { 'x-ms-blob-type': 'BlockBlob', 'content-md5': await md5Of(part) };
    await this.#client.ask('PUT', key, { headers, body: part });
  }

  /**
   * Sends a file by blocks, and then their list. Blocks of a killed push stay for a week: those
   * whose name is that of our bytes are not sent again. Their names follow from content, so two
   * pushes of one key may use the same blocks.
   */
  async #putBlocks(key: string, { path, size }: FileBody): Promise<void> {
    const length = Math.max(this.#blockSize, Math.ceil(size / mostBlocks));
    const blocks = Array.from({ length: Math.ceil(size / length) }, (_, index) => {
      const start = index * length;
      return { path, start, size: Math.min(length, size - start) };
    });
    for (let uploads = 1; uploads <= mostUploads; uploads += 1) {
      const names = await this.#sendBlocks(key, blocks);
      const list = names.map((name) => `<Latest>${name}</Latest>`).join('');
      const { status } = await this.#client.ask('PUT', key, {
        query: { comp: 'blocklist' },
        body: Buffer.from(`<?xml version="1.0" encoding="utf-8"?><BlockList>${list}</BlockList>`),
        accepts: ['InvalidBlockList'],
      });
      if (status < 300) return;
    }
    throw new UnreachableStore(`somebody else took away the blocks of ${key} ${mostUploads} times`);
  }

  /** The names of blocks, all of which are there. */
  async #sendBlocks(key: string, blocks: readonly Block[]): Promise<readonly string[]> {
    const query = { comp: 'blocklist', blocklisttype: 'uncommitted' };
    const { status, body } = await this.#client.ask('GET', key, { query });
    const listed = status === 404 ? [] : insideEach(body.toString(), 'Block');
    const there = new Map(
      listed.map((block) => [textOf(block, 'Name'), Number(textOf(block, 'Size'))]),
    );
    const names: string[] = [];
    // After a failure no further block is begun, and nothing is under way when it is thrown.
    const failures: unknown[] = [];
    await forEachOf([...blocks.entries()], senders, async ([index, block]) => {
      if (failures.length > 0) return;
      try {
        names[index] = await this.#sendBlock(key, { index, block, there });
      } catch (error) {
        failures.push(error);
      }
    });
    if (failures.length > 0) throw failures[0];
    return names;
  }

  /** The name of a block, which is there. */
  async #sendBlock(key: string, { index, block, there }: BlockToSend): Promise<string> {
    const md5 = await md5Of(block);
    // Names of the blocks of a blob have the same length.
    const name = Buffer.from(`${String(index).padStart(5, '0')} ${md5}`).toString('base64');
    if (there.get(name) === block.size) return name;
    await this.#client.ask('PUT', key, {
      query: { comp: 'block', blockid: name },
      headers: { 'content-md5': md5 },
      body: block,
    });
    return name;
  }

  async *list(prefix: string): AsyncIterable<StoredKey> {
    for await (const text of this.#pages({ prefix: this.#client.prefix + prefix })) {
      for (const blob of insideEach(text, 'Blob')) {
        yield {
          key: textOf(blob, 'Name')!.slice(this.#client.prefix.length),
          size: Number(textOf(blob, 'Content-Length')),
          time: Date.parse(textOf(blob, 'Last-Modified')!),
        };
      }
    }
  }

  async *#pages(query: Readonly<Record<string, string>>): AsyncIterable<string> {
    for (let marker: string | undefined = ''; marker !== undefined; ) {
      const more: Record<string, string> = marker === '' ? {} : { marker };
      const maxresults = String(this.#page);
      const asked = { restype: 'container', comp: 'list', maxresults, ...query, ...more };
      const text = (await this.#client.ask('GET', undefined, { query: asked })).body.toString();
      yield text;
      marker = textOf(text, 'NextMarker') || undefined;
    }
  }

  async top(): Promise<readonly string[]> {
    const { prefix } = this.#client;
    const names = new Set<string>();
    for await (const text of this.#pages({ prefix, delimiter: '/' })) {
      for (const entry of [...insideEach(text, 'Blob'), ...insideEach(text, 'BlobPrefix')])
        names.add(textOf(entry, 'Name')!.slice(prefix.length).replace(/\/$/, ''));
    }
    return [...names].filter((name) => name !== '');
  }

  async delete(key: string): Promise<void> {
    await this.#client.ask('DELETE', key, { headers: { 'x-ms-delete-snapshots': 'include' } });
  }

  async close(): Promise<void> {
    this.#client.close();
  }
}

/** In base64, as the server compares it with what came. */
async function md5Of(part: Buffer | Block): Promise<string> {
  const hash = createHash('md5');
  if (Buffer.isBuffer(part)) hash.update(part);
  else if (part.size > 0) {
    const { path, start, size } = part;
    for await (const chunk of createReadStream(path, { start, end: start + size - 1 }))
      hash.update(chunk as Buffer);
  }
  return hash.digest('base64');
}
