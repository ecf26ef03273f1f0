import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the server says instead of doing what it was asked: an error of S3, or nothing at all. */
export type Fault =
  | { readonly status: number; readonly code: string; readonly date?: Date }
  | 'silence';

interface Upload {
  readonly key: string;
  readonly begun: Date;
  readonly parts: Map<number, { readonly bytes: Buffer; readonly etag: string }>;
}

interface PartRequest {
  readonly method: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly body: Buffer;
}

/**
 * An S3 server within the test, with one bucket, `bucket`. It checks no signature, and fails when
 * it is told to.
 */
export class MemoryS3 implements AsyncDisposable {
  /** Bytes by key. */
  readonly files = new Map<string, Buffer>();
  /** Uploads in parts that nobody has ended, by their ids. */
  readonly uploads = new Map<string, Upload>();
  /** What was asked so far, such as `GET store.json`. */
  readonly asked: string[] = [];
  /** Called before each request is answered; `id` is that of the access key. */
  fault: (request: {
    readonly method: string;
    readonly key: string;
    readonly id: string;
    /** The query, such as `?partNumber=2&uploadId=1`; empty without one. */
    readonly query: string;
  }) => Fault | undefined = () => undefined;
  readonly endpoint: string;
  readonly #server: Server;
  #begun = 0;

  private constructor(server: Server) {
    this.#server = server;
    this.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request, response) => void this.#answer(request, response));
  }

  static async start(): Promise<MemoryS3> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new MemoryS3(server);
  }

  /** The text of a `store.yaml` that names a prefix of the bucket. */
  get storeYaml(): string {
    return `url: s3://bucket/store\nendpoint: ${this.endpoint}\n`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url!, this.endpoint);
    const method = request.method!;
    const key = decodeURIComponent(url.pathname.slice('/bucket/'.length));
    const [, id = ''] = /Credential=([^/]+)/.exec(request.headers.authorization ?? '') ?? [];
    const isPart = url.searchParams.has('uploads') || url.searchParams.has('uploadId');
    this.asked.push(isPart ? `${method} ${key}${url.search}` : `${method} ${key}`);
    const fault = this.fault({ method, key, id, query: url.search });
    if (fault === 'silence') return;
    if (fault !== undefined) {
      const headers = fault.date === undefined ? {} : { date: fault.date.toUTCString() };
      response.writeHead(fault.status, headers);
      response.end(method === 'HEAD' ? '' : `<Error><Code>${fault.code}</Code></Error>`);
    } else if (isPart) {
      this.#answerPart(
        { method, key, query: url.searchParams, body: Buffer.concat(chunks) },
        response,
      );
    } else if (method === 'PUT') {
      this.files.set(key, Buffer.concat(chunks));
      response.end();
    } else if (method === 'DELETE') {
      this.files.delete(key);
      response.writeHead(204).end();
    } else if (key === '') response.end(this.#list(url.searchParams));
    else this.#send(request, response, this.files.get(key));
  }

  /** Answers what is about an upload in parts. */
  #answerPart({ method, key, query, body }: PartRequest, response: ServerResponse): void {
    const id = query.get('uploadId');
    if (id === null) {
      if (method === 'GET') return void response.end(this.#listUploads(query.get('prefix') ?? ''));
      const next = String(++this.#begun);
      this.uploads.set(next, { key, begun: new Date(), parts: new Map() });
      return void response.end(`<R><UploadId>${next}</UploadId></R>`);
    }
    const upload = this.uploads.get(id);
    if (upload === undefined || upload.key !== key)
      return void response.writeHead(404).end('<Error><Code>NoSuchUpload</Code></Error>');
    if (method === 'PUT') {
      const etag = `"${createHash('md5').update(body).digest('hex')}"`;
      upload.parts.set(Number(query.get('partNumber')), { bytes: body, etag });
      return void response.writeHead(200, { etag }).end();
    }
    if (method === 'GET') {
      const parts = [...upload.parts].map(
        ([number, { bytes, etag }]) =>
          `<Part><PartNumber>${number}</PartNumber><ETag>${etag.replaceAll('"', '&#34;')}</ETag><Size>${bytes.length}</Size><LastModified>${upload.begun.toISOString()}</LastModified></Part>`,
      );
      return void response.end(`<R><IsTruncated>false</IsTruncated>${parts.join('')}</R>`);
    }
    this.uploads.delete(id);
    if (method === 'DELETE') return void response.writeHead(204).end();
    const numbers = [...body.toString().matchAll(/<PartNumber>(\d+)</g)].map(([, n]) => Number(n));
    const bytes = numbers.map((number) => upload.parts.get(number)!.bytes);
    this.files.set(key, Buffer.concat(bytes));
    response.end('<CompleteMultipartUploadResult></CompleteMultipartUploadResult>');
  }

  #listUploads(prefix: string): string {
    const listed = [...this.uploads].filter(([, { key }]) => key.startsWith(prefix));
    const all = listed.map(
      ([id, { key, begun }]) =>
        `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>${begun.toISOString()}</Initiated></Upload>`,
    );
    return `<R><IsTruncated>false</IsTruncated>${all.join('')}</R>`;
  }

  #send(
    { method, headers }: IncomingMessage,
    response: ServerResponse,
    bytes: Buffer | undefined,
  ): void {
    if (bytes === undefined) {
      response.writeHead(404).end(method === 'HEAD' ? '' : '<Error><Code>NoSuchKey</Code></Error>');
      return;
    }
    const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
    const part = start === undefined ? bytes : bytes.subarray(Number(start), Number(end) + 1);
    response.writeHead(start === undefined ? 200 : 206, { 'content-length': part.length });
    response.end(method === 'HEAD' ? '' : part);
  }

  #list(query: URLSearchParams): string {
    const prefix = query.get('prefix')!;
    const entries = new Set<string>();
    for (const [key, { length }] of this.files) {
      if (!key.startsWith(prefix)) continue;
      const [top, ...below] = key.slice(prefix.length).split('/');
      if (query.has('delimiter') && below.length > 0) {
        entries.add(`<CommonPrefixes><Prefix>${prefix}${top}/</Prefix></CommonPrefixes>`);
      } else {
        const time = new Date().toISOString();
        entries.add(
          `<Contents><Key>${key}</Key><Size>${length}</Size><LastModified>${time}</LastModified></Contents>`,
        );
      }
    }
    return `<ListBucketResult>${[...entries].join('')}</ListBucketResult>`;
  }
}
