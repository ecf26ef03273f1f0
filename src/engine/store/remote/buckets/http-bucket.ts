import { setMaxListeners } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Environment } from '../../../../environment.ts';
import { askUrl } from '../../../http/open-url.ts';
import { askAgain } from './asking-again.ts';
import {
  type Bucket,
  mostWhole,
  type Range,
  RefusedRequest,
  type StoredKey,
  UnreachableStore,
} from './bucket.ts';
import { ByteRoom } from './byte-room.ts';

const mostRedirects = 5;
/** Milliseconds of silence after which a request is given up. */
const patience = 30_000;

/** A value of at most so many bytes is read at once: nearly every result. */
const small = 1024 ** 2;
const onlyRead = 'a store at a web address is only read';

interface AnswerBody {
  /** The bytes that were asked for; undefined where there are none, or too many. */
  readonly body: Buffer | undefined;
  /** Whether the value is larger than what was asked for. */
  readonly isCut: boolean;
}

interface Answer extends AnswerBody {
  readonly status: number;
  readonly size: number | undefined;
}

const absent = { size: undefined, body: undefined, isCut: false };

/** Which bytes of a value are asked for: none, a range, or all of a value of at most `most`. */
type Part = 'none' | Range | { readonly most: number };

/**
 * A shared store at a web address. What it holds is verified by signatures and digests like that of
 * any other store, so neither the server nor a cache on the way is trusted. It has no list, and
 * takes nothing.
 */
export class HttpBucket implements Bucket {
  readonly requests = 16;
  readonly patience = 5_000;
  readonly isReadOnly = true;
  /** The URL of the empty key, with a slash at its end. */
  readonly #base: string;
  readonly #env: Environment;
  readonly #room = new ByteRoom(mostWhole);
  readonly #closing = new AbortController();

  constructor(base: string, env: Environment) {
    this.#base = base;
    this.#env = env;
    setMaxListeners(0, this.#closing.signal); // every request listens to it
  }

  async get(key: string, range?: Range): Promise<Buffer | undefined> {
    if (range !== undefined) return (await this.#ask(key, range)).body;
    const { body, isCut, size = mostWhole } = await this.#ask(key, { most: small });
    if (!isCut) return body;
    if (size > mostWhole) return undefined;
    // Asked again, since no server waits until there is room for the rest of its answer.
    return await this.#room.hold(size, async () => (await this.#ask(key, { most: size })).body);
  }

  async head(key: string): Promise<number | undefined> {
    return (await this.#ask(key, 'none')).size;
  }

  async put(): Promise<void> {
    throw new RefusedRequest(onlyRead);
  }

  // biome-ignore lint/correctness/useYield: it has no list
  async *list(): AsyncIterable<StoredKey> {
    throw new RefusedRequest(`${onlyRead}, and not listed`);
  }

  async top(): Promise<readonly string[]> {
    throw new RefusedRequest(`${onlyRead}, and not listed`);
  }

  async delete(): Promise<void> {
    throw new RefusedRequest(onlyRead);
  }

  async close(): Promise<void> {
    this.#closing.abort(new UnreachableStore('the connection was ended'));
  }

  /** Asks, and asks again after failures of the network or the server, except a silent one. */
  async #ask(key: string, part: Part): Promise<Answer> {
    const { signal } = this.#closing;
    const url = new URL(this.#base + key.split('/').map(encodeURIComponent).join('/'));
    const answer = await askAgain(() => this.#askOnce(url, part), { passing: [408, 429], signal });
    return this.#check(answer, key);
  }

  /**
   * A bucket whose list is not public answers 403 for what it lacks. At the first request it means
   * that nobody may read there.
   */
  #check(answer: Answer, key: string): Answer {
    const { status } = answer;
    if (status === 200 || status === 206) return answer;
    const isAbsent = [404, 410, 416].includes(status);
    if (isAbsent || (status === 403 && key !== 'store.json')) return { status, ...absent };
    throw new RefusedRequest(`the server answers ${status}`);
  }

  async #askOnce(url: URL, part: Part): Promise<Answer> {
    const method = part === 'none' ? 'HEAD' : 'GET';
    // A cache that has a whole value must ask whether it is still so.
    const headers: Record<string, string> =
      part !== 'none' && 'start' in part
        ? { range: `bytes=${part.start}-${part.start + part.length - 1}` }
        : { 'cache-control': 'no-cache' };
    let target = url;
    for (let redirects = 0; redirects <= mostRedirects; redirects += 1) {
      const options = { method, headers, signal: this.#closing.signal, timeout: patience };
      const response = await askUrl(target, options, this.#env);
      const { statusCode: status = 0, headers: answer } = response;
      if (status < 300 || status >= 400 || answer.location === undefined) {
        const size = Number.parseInt(answer['content-length'] ?? '', 10);
        const answerBody = part === 'none' ? absent : await readBody(response, part);
        return { ...answerBody, status, size: Number.isNaN(size) ? undefined : size };
      }
      response.destroy();
      target = redirected(target, answer.location);
    }
    throw new Error(`more than ${mostRedirects} redirects`);
  }
}

/** Where a redirect leads, which is never from a secure server to one that is not. */
export function redirected(from: URL, location: string): URL {
  const target = new URL(location, from);
  const isSecure = target.protocol === 'https:';
  if (!isSecure && (target.protocol !== 'http:' || from.protocol === 'https:'))
    throw new RefusedRequest(`the server sends on to ${target.protocol}//${target.host}`);
  return target;
}

/**
 * The bytes that were asked for. A server that knows no ranges (such as Python's) sends the whole
 * value, of which the rest is not read.
 */
async function readBody(
  response: IncomingMessage,
  part: Range | { readonly most: number },
): Promise<AnswerBody> {
  const { statusCode } = response;
  const isPart = statusCode === 206;
  if (!isPart && statusCode !== 200) {
    response.destroy();
    return absent;
  }
  const isRange = 'start' in part;
  const start = isRange && !isPart ? part.start : 0;
  const length = isRange ? part.length : part.most;
  const chunks: Buffer[] = [];
  let at = 0;
  // Leaving the loop ends the response.
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk.subarray(Math.max(0, start - at), Math.max(0, start + length - at)));
    at += chunk.length;
    if (isRange ? at >= start + length : at > length) break;
  }
  const body = Buffer.concat(chunks);
  if (isRange) return { body: body.length < length ? undefined : body, isCut: false };
  return at > length ? { body: undefined, isCut: true } : { body, isCut: false };
}
