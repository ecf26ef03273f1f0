import { setMaxListeners } from 'node:events';
import { createReadStream } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import type { Environment } from '../../../../environment.ts';
import { askUrl } from '../../../http/open-url.ts';
import { askAgain } from './asking-again.ts';
import { mostWhole, RefusedRequest, UnreachableStore } from './bucket.ts';
import { readAnswer } from './read-answer.ts';
import { signAzureRequest } from './sign-azure.ts';
import { encode } from './sign-request.ts';

export interface AzureLocation {
  readonly account: string;
  readonly container: string;
  /** Empty, or with a slash at its end. */
  readonly prefix: string;
  /** A server other than Azure's, whose paths begin with the account. */
  readonly endpoint?: string | undefined;
}

/** What a server answered. */
export interface AzureAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Whether the value is larger than what was asked for. */
  readonly isCut: boolean;
  /** The server's word for an error. */
  readonly code: string | undefined;
}

/** A part of a file. */
interface SentPart {
  readonly path: string;
  readonly start: number;
  readonly size: number;
}

export interface AzureQuestion {
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | SentPart;
  /** The most bytes of the answer that are read; by default {@link mostWhole}. */
  readonly most?: number;
  /** Codes of errors that are an answer. */
  readonly accepts?: readonly string[];
}

const version = '2023-11-03';
/**
 * Milliseconds of silence after which a request is given up; for an upload, one more for each
 * `written` bytes.
 */
const patience = 30_000;
const written = 50_000;

/** What of a user's environment gives access to an account. */
interface AzureCredentials {
  /** In base64. */
  readonly key?: string | undefined;
  /** A query that is a signature. */
  readonly token?: string | undefined;
}

/** Requests to a container of Azure's blobs, below a prefix of its keys. */
export class AzureClient {
  readonly prefix: string;
  readonly #account: string;
  /** The URL of the container. */
  readonly #base: string;
  readonly #env: Environment;
  readonly #credentials: AzureCredentials;
  readonly #closing = new AbortController();

  constructor({ account, container, prefix, endpoint }: AzureLocation, env: Environment) {
    const server =
      endpoint === undefined
        ? `https://${account}.blob.core.windows.net`
        : `${endpoint.replace(/\/$/, '')}/${account}`;
    this.prefix = prefix;
    this.#account = account;
    this.#base = `${server}/${container}`;
    this.#env = env;
    this.#credentials = readCredentials(env);
    setMaxListeners(0, this.#closing.signal); // every request listens to it
  }

  close(): void {
    this.#closing.abort(new UnreachableStore('the connection was ended'));
  }

  /** Asks, and asks again where that may help. `key` is undefined for the container itself. */
  async ask(
    method: string,
    key: string | undefined,
    question: AzureQuestion = {},
  ): Promise<AzureAnswer> {
    const answer = await askAgain(() => this.#askOnce(method, key, question), {
      passing: [408, 429],
      signal: this.#closing.signal,
    });
    const { status, code = String(status) } = answer;
    if ((status >= 200 && status < 300) || status === 416) return answer;
    if (question.accepts?.includes(code) === true) return answer;
    if (code === 'ContainerNotFound' || (status === 404 && key === undefined))
      throw new RefusedRequest(`there is no container at ${this.#base}`);
    if (status === 404) return answer;
    const { key: accountKey, token } = this.#credentials;
    const isAnybody = accountKey === undefined && token === undefined;
    throw new RefusedRequest(isAnybody ? noCredentials : explain(code));
  }

  async #askOnce(
    method: string,
    key: string | undefined,
    { query = {}, headers = {}, body, most = mostWhole }: AzureQuestion,
  ): Promise<AzureAnswer> {
    const path =
      key === undefined ? '' : `/${(this.prefix + key).split('/').map(encode).join('/')}`;
    const { key: accountKey, token } = this.#credentials;
    const url = new URL(this.#base + path);
    url.search = Object.entries(query)
      .map(([name, value]) => `${encode(name)}=${encode(value)}`)
      .join('&');
    const size = Buffer.isBuffer(body) ? body.length : (body?.size ?? 0);
    const plain = {
      ...headers,
      ...(method === 'PUT' && { 'content-length': String(size) }),
      'x-ms-date': new Date().toUTCString(),
      'x-ms-version': version,
    };
    const signed =
      accountKey === undefined
        ? plain
        : signAzureRequest(
            { method, url, headers: plain },
            { account: this.#account, key: accountKey },
          );
    if (accountKey === undefined && token !== undefined)
      url.search = [url.search.replace(/^\?/, ''), token].filter((part) => part !== '').join('&');
    const sent =
      body === undefined || Buffer.isBuffer(body)
        ? body
        : createReadStream(body.path, { start: body.start, end: body.start + body.size - 1 });
    const timeout = patience + size / written;
    const options = { method, signal: this.#closing.signal, timeout, headers: signed };
    const content = sent === undefined ? {} : { body: sent };
    const response = await askUrl(url, { ...options, ...content }, this.#env);
    const code = response.headers['x-ms-error-code'];
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      code: typeof code === 'string' ? code : undefined,
      ...(await readAnswer(response, most)),
    };
  }
}

/** The credentials that Azure's own programs read from the environment. */
function readCredentials(env: Environment): AzureCredentials {
  const connection = new Map(
    (env['AZURE_STORAGE_CONNECTION_STRING'] ?? '').split(';').map((part) => {
      const [name = '', ...value] = part.split('=');
      return [name.trim(), value.join('=')];
    }),
  );
  const token = env['AZURE_STORAGE_SAS_TOKEN'] || connection.get('SharedAccessSignature');
  return {
    key: env['AZURE_STORAGE_KEY'] || connection.get('AccountKey') || undefined,
    token: token?.replace(/^\?/, '') || undefined,
  };
}

const noCredentials =
  'no credentials are set: set AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN or AZURE_STORAGE_CONNECTION_STRING';

/** What to do about the errors of Azure that a user can mend, by their codes. */
const remedies: Readonly<Record<string, string>> = {
  AuthenticationFailed:
    'the key or token is wrong or has expired, or the clock of this machine is: look at AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN',
  AuthorizationFailure: 'this key or token, or this network, lacks a right',
  AuthorizationPermissionMismatch:
    'this token lacks a right: it needs to read, write, delete and list',
  KeyBasedAuthenticationNotPermitted:
    'the account takes no keys: use a token of AZURE_STORAGE_SAS_TOKEN that a user delegated',
};

const explain = (code: string): string =>
  remedies[code] === undefined ? code : `${code}: ${remedies[code]}`;
