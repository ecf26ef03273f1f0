import { setMaxListeners } from 'node:events';
import { createReadStream } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { sha256 } from '../../../../digest.ts';
import type { Environment } from '../../../../environment.ts';
import { formatSeconds } from '../../../../format-numbers.ts';
import { UserError } from '../../../../user-error.ts';
import { askUrl, Silence } from '../../../http/open-url.ts';
import { AwsCredentials } from './aws-credentials.ts';
import { readAwsSettings } from './aws-settings.ts';
import {
  type Bucket,
  type FileBody,
  mostWhole,
  type Range,
  RefusedRequest,
  type StoredKey,
  UnreachableStore,
} from './bucket.ts';
import { ByteRoom } from './byte-room.ts';
import { type Credentials, encode, signRequest } from './sign-request.ts';

export interface S3Location {
  readonly bucket: string;
  /** Empty, or with a slash at its end. */
  readonly prefix: string;
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
}

interface AnswerBody {
  readonly body: Buffer;
  /**
   * Whether the rest of the body was not read, since it is larger than what was asked for.
   */
  readonly isCut: boolean;
}

interface Answer extends AnswerBody {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

interface Question {
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | FileBody;
  /** The most bytes of the answer that are read; by default {@link mostWhole}. */
  readonly most?: number;
}

/** A question, and who asks it; undefined for anybody. */
interface SignedQuestion extends Question {
  readonly credentials: Credentials | undefined;
}

/** How often a request is made, at most, and the first pause between two, in milliseconds. */
const tries = 4;
const pause = 200;
/**
 * Milliseconds of silence after which a request is given up; for an upload, one more for each
 * `written` bytes.
 */
const patience = 30_000;
const written = 50_000;
/** The largest object that S3 takes in one request, in bytes. */
const largest = 5 * 1024 ** 3;
/** A value of at most so many bytes is read at once: nearly every result. */
const small = 1024 ** 2;

/** A shared store in a bucket of S3 or of a compatible server. */
export class S3Bucket implements Bucket {
  readonly requests = 16;
  readonly patience: number;
  /** The URL of the empty key. */
  readonly #base: string;
  readonly #prefix: string;
  readonly #room = new ByteRoom(mostWhole);
  readonly #region: string;
  readonly #credentials: AwsCredentials;
  readonly #env: Environment;
  readonly #closing = new AbortController();
  /** Milliseconds of silence that end a request. */
  readonly #timeout: number;

  constructor({ bucket, prefix, ...server }: S3Location, env: Environment, timeout = patience) {
    const settings = readAwsSettings(env);
    const endpoint = server.endpoint ?? settings.endpoint;
    this.#region = server.region ?? settings.region ?? 'us-east-1';
    this.#credentials = new AwsCredentials(env);
    // A program that gives credentials may ask a server for them, and start slowly.
    this.patience = settings.credentials === undefined && settings.process ? 15_000 : 2_500;
    this.#prefix = prefix;
    this.#env = env;
    this.#timeout = timeout;
    setMaxListeners(0, this.#closing.signal); // every request listens to it
    const host = `s3.${this.#region}.amazonaws.com`;
    // A certificate covers no further dots.
    const isHost = endpoint === undefined && !bucket.includes('.');
    this.#base = isHost
      ? `https://${bucket}.${host}/`
      : `${endpoint?.replace(/\/$/, '') ?? `https://${host}`}/${bucket}/`;
  }

  async get(key: string, range?: Range): Promise<Buffer | undefined> {
    if (range !== undefined) {
      const bytes = `bytes=${range.start}-${range.start + range.length - 1}`;
      return bodyOf(await this.#ask('GET', key, { headers: { range: bytes } }));
    }
    const answer = await this.#ask('GET', key, { most: small });
    if (!answer.isCut) return bodyOf(answer);
    // Asked again, since no server waits until there is room for the rest of its answer.
    const size = Number(answer.headers['content-length'] ?? mostWhole);
    if (size > mostWhole) return undefined;
    return await this.#room.hold(size, async () => bodyOf(await this.#ask('GET', key)));
  }

  async head(key: string): Promise<number | undefined> {
    const { status, headers } = await this.#ask('HEAD', key);
    return status === 404 ? undefined : Number(headers['content-length']);
  }

  async put(key: string, body: Buffer | FileBody): Promise<void> {
    if (!Buffer.isBuffer(body) && body.size > largest) {
      throw new UserError(
        `${body.path} is larger than 5 GiB, which S3 does not take by one request`,
      );
    }
    await this.#ask('PUT', key, { body });
  }

  async *list(prefix: string): AsyncIterable<StoredKey> {
    for (let next: string | undefined = ''; next !== undefined; ) {
      const more: Record<string, string> = next === '' ? {} : { 'continuation-token': next };
      const query = { 'list-type': '2', prefix: this.#prefix + prefix, ...more };
      const text = (await this.#ask('GET', undefined, { query })).body.toString('utf8');
      for (const [, contents = ''] of text.matchAll(/<Contents>(.*?)<\/Contents>/gs)) {
        const key = textOf(contents, 'Key')!.slice(this.#prefix.length);
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
    const query = { 'list-type': '2', prefix: this.#prefix, delimiter: '/' };
    const text = (await this.#ask('GET', undefined, { query })).body.toString('utf8');
    const matches = text.matchAll(/<(?:Contents><Key|CommonPrefixes><Prefix)>([^<]*)</g);
    const names = Array.from(matches, ([, key = '']) =>
      unescapeXml(key).slice(this.#prefix.length),
    );
    // A console makes a key of the prefix.
    return names.map((name) => name.replace(/\/$/, '')).filter((name) => name !== '');
  }

  async delete(key: string): Promise<void> {
    await this.#ask('DELETE', key);
  }

  /** Ends running requests, so that a server that never answers keeps nobody waiting. */
  async close(): Promise<void> {
    this.#closing.abort(new UnreachableStore('the connection was ended'));
  }

  /**
   * Asks, and asks again after failures of the network or the server, except a silent one, which
   * has taken long enough.
   */
  async #ask(method: string, key: string | undefined, question: Question = {}): Promise<Answer> {
    for (let attempt = 1; ; attempt += 1) {
      const credentials = await this.#credentials.get();
      const answer = await this.#askOnce(method, key, { ...question, credentials }).catch(
        (error: Error) => error,
      );
      const isTransient =
        answer instanceof Error || answer.status >= 500 || [408, 409, 429].includes(answer.status);
      const isRefused = !isTransient && [400, 401, 403].includes(answer.status);
      if (isRefused && (await this.#credentials.haveChanged(credentials))) continue;
      if (isRefused && method === 'HEAD')
        return await this.#ask('GET', key, { headers: { range: 'bytes=0-0' } }); // says why
      if (!isTransient) return this.#check(answer, key, credentials);
      this.#closing.signal.throwIfAborted();
      if (attempt === tries || answer instanceof Silence) {
        throw new UnreachableStore(
          answer instanceof Error ? answer.message : `the server answers ${answer.status}`,
        );
      }
      const { signal } = this.#closing;
      const wait = pause * 2 ** (attempt - 1) * (0.5 + Math.random());
      await delay(wait, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }

  async #askOnce(
    method: string,
    key: string | undefined,
    { query = {}, headers = {}, body, most = mostWhole, credentials }: SignedQuestion,
  ): Promise<Answer> {
    const path = key === undefined ? '' : (this.#prefix + key).split('/').map(encode).join('/');
    const url = new URL(this.#base + path);
    url.search = Object.entries(query)
      .map(([name, value]) => `${encode(name)}=${encode(value)}`)
      .join('&');
    const isFile = body !== undefined && !Buffer.isBuffer(body);
    const size = isFile ? body.size : (body?.length ?? 0);
    const length = body === undefined ? {} : { 'content-length': String(size) };
    const bodyDigest = isFile ? body.digest : sha256(body ?? '');
    const plain = { ...headers, ...length };
    const signed =
      credentials === undefined
        ? plain
        : signRequest({ method, url, headers: plain, bodyDigest }, credentials, this.#region);
    const sent = isFile ? createReadStream(body.path) : body;
    const content = sent === undefined ? {} : { body: sent };
    // A server may store all of it before it answers.
    const timeout = this.#timeout + size / written;
    const options = { method, signal: this.#closing.signal, timeout };
    const response = await askUrl(url, { ...options, headers: signed, ...content }, this.#env);
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      ...(await readBody(response, most)),
    };
  }

  #check(answer: Answer, key: string | undefined, credentials: Credentials | undefined): Answer {
    const { status, body } = answer;
    const code = textOf(body.toString('utf8', 0, 2000), 'Code');
    if ((status >= 200 && status < 300) || status === 416) return answer;
    if (status === 404 && key !== undefined && code !== 'NoSuchBucket') return answer;
    if (status === 404) throw new RefusedRequest(`there is no bucket at ${this.#base}`);
    if (status === 301 || status === 307) {
      throw new RefusedRequest(
        `the bucket at ${this.#base} is in another region: name it as "region" in store.yaml`,
      );
    }
    throw new RefusedRequest(
      credentials === undefined ? noCredentials : explainRefusal(answer, code),
    );
  }
}

const noCredentials =
  'no credentials are set: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE';

const renew = 'the credentials have expired: get new ones, such as by `aws sso login`';
const rights = 'these credentials lack a right: they need to read, write, delete and list';

/** What to do about the errors of S3 that a user can mend, by their codes. */
const remedies: Readonly<Record<string, string>> = {
  ExpiredToken: renew,
  ExpiredTokenException: renew,
  TokenRefreshRequired: renew,
  InvalidToken: 'AWS_SESSION_TOKEN is not one of this access key',
  InvalidAccessKeyId:
    'the server does not know this access key: look at AWS_ACCESS_KEY_ID, or at the profile in ~/.aws',
  SignatureDoesNotMatch:
    'the secret key is not that of the access key: look at AWS_SECRET_ACCESS_KEY, or at ~/.aws',
  AccessDenied: rights,
};

/** Why the server refused, and what to do. */
function explainRefusal({ status, headers }: Answer, code = String(status)): string {
  if (code !== 'RequestTimeTooSkewed')
    return remedies[code] === undefined ? code : `${code}: ${remedies[code]}`;
  const ahead = Date.now() - Date.parse(headers.date ?? '');
  const by = Number.isNaN(ahead) ? '' : `, by ${formatSeconds(Math.abs(ahead) / 1000)}`;
  return `${code}: the clock of this machine is ${ahead < 0 ? 'slow' : 'fast'}${by}: set it`;
}

/** The bytes that were asked for; undefined where there are none, or too many. */
const bodyOf = ({ status, isCut, body }: Answer): Buffer | undefined =>
  status === 404 || status === 416 || isCut ? undefined : body;

/** The body of an answer, up to `most` bytes. A longer one ends the connection. */
async function readBody(response: AsyncIterable<unknown>, most: number): Promise<AnswerBody> {
  const chunks: Buffer[] = [];
  let remaining = most;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    remaining -= chunk.length;
    if (remaining < 0) return { body: Buffer.alloc(0), isCut: true };
    chunks.push(chunk);
  }
  return { body: Buffer.concat(chunks), isCut: false };
}

/** The text of the first element of a name, in a flat piece of XML. */
function textOf(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  return text && unescapeXml(text);
}

const unescapeXml = (text: string): string =>
  text.replace(/&(lt|gt|quot|apos|amp);/g, (_, entity: string) => entities[entity]!);

const entities: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  amp: '&',
};
