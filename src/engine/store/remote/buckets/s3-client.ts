import { setMaxListeners } from 'node:events';
import { createReadStream } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { sha256 } from '../../../../digest.ts';
import type { Environment } from '../../../../environment.ts';
import { formatSeconds } from '../../../../format-numbers.ts';
import { askUrl } from '../../../http/open-url.ts';
import { askAgain } from './asking-again.ts';
import { AwsCredentials } from './aws-credentials.ts';
import { readAwsSettings } from './aws-settings.ts';
import { type FileBody, mostWhole, RefusedRequest, UnreachableStore } from './bucket.ts';
import { textOf } from './flat-xml.ts';
import { type AnswerBody, readAnswer } from './read-answer.ts';
import { type Credentials, encode, signRequest } from './sign-request.ts';

export interface S3Location {
  readonly bucket: string;
  /** Empty, or with a slash at its end. */
  readonly prefix: string;
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  /** The profile in `~/.aws`; by default that of the environment. */
  readonly profile?: string | undefined;
}

/** What a server answered. */
export interface Answer extends AnswerBody {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** A part of a file, or all of it, with the digest of these bytes. */
interface SentFile extends FileBody {
  /** By default 0. */
  readonly start?: number;
}

export interface Question {
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | SentFile;
  /** The most bytes of the answer that are read; by default {@link mostWhole}. */
  readonly most?: number;
  /** Codes of errors that are an answer. */
  readonly accepts?: readonly string[];
  /** Bytes that the server works on before it answers; by default those of the body. */
  readonly work?: number;
}

/** A question, and who asks it; undefined for anybody. */
interface SignedQuestion extends Question {
  readonly credentials: Credentials | undefined;
}

/**
 * Milliseconds of silence after which a request is given up; for an upload, one more for each
 * `written` bytes.
 */
const patience = 30_000;
const written = 50_000;
/** How often a refused request is made again with other credentials. */
const mostRenewals = 3;

/** Requests to a bucket of S3 or of a compatible server, below a prefix of its keys. */
export class S3Client {
  readonly prefix: string;
  /** Milliseconds to wait for the first answer. */
  readonly patience: number;
  /** The URL of the empty key. */
  readonly #base: string;
  readonly #region: string;
  readonly #credentials: AwsCredentials;
  readonly #env: Environment;
  readonly #closing = new AbortController();
  /** Milliseconds of silence that end a request. */
  readonly #timeout: number;

  constructor(
    { bucket, prefix, profile, ...server }: S3Location,
    environment: Environment,
    timeout = patience,
  ) {
    const env = profile === undefined ? environment : withProfile(environment, profile);
    const settings = readAwsSettings(env);
    const endpoint = server.endpoint ?? settings.endpoint;
    this.#region = server.region ?? settings.region ?? 'us-east-1';
    this.#credentials = new AwsCredentials(env);
    // A program that gives credentials may ask a server for them, and start slowly.
    this.patience = settings.credentials === undefined && settings.process ? 15_000 : 2_500;
    this.prefix = prefix;
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

  /** Ends running requests, so that a server that never answers keeps nobody waiting. */
  close(): void {
    this.#closing.abort(new UnreachableStore('the connection was ended'));
  }

  /** Asks, and asks again where that may help. `key` is undefined for the bucket itself. */
  async ask(method: string, key: string | undefined, question: Question = {}): Promise<Answer> {
    let credentials: Credentials | undefined;
    const isAccepted = (answer: Answer) =>
      question.accepts?.includes(codeOf(answer) ?? '') === true;
    const ask = async (): Promise<Answer> => {
      for (let renewals = 0; ; renewals += 1) {
        credentials = await this.#credentials.get();
        const answer = await this.#askOnce(method, key, { ...question, credentials });
        const isRefused = [400, 401, 403].includes(answer.status) && !isAccepted(answer);
        // A program may give others at each call, which nobody takes.
        const mayHelp = isRefused && renewals < mostRenewals;
        if (!mayHelp || !(await this.#credentials.haveChanged(credentials))) return answer;
      }
    };
    const answer = await askAgain(ask, {
      passing: [408, 409, 429],
      signal: this.#closing.signal,
    });
    if (method === 'HEAD' && [400, 401, 403].includes(answer.status))
      return await this.ask('GET', key, { headers: { range: 'bytes=0-0' } }); // says why
    if (isAccepted(answer)) return answer;
    return this.#check(answer, key, credentials);
  }

  async #askOnce(
    method: string,
    key: string | undefined,
    { query = {}, headers = {}, body, most = mostWhole, work, credentials }: SignedQuestion,
  ): Promise<Answer> {
    const path = key === undefined ? '' : (this.prefix + key).split('/').map(encode).join('/');
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
    const sent = isFile ? streamOf(body) : body;
    const content = sent === undefined ? {} : { body: sent };
    // A server may store all of it before it answers.
    const timeout = this.#timeout + (work ?? size) / written;
    const options = { method, signal: this.#closing.signal, timeout };
    const response = await askUrl(url, { ...options, headers: signed, ...content }, this.#env);
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      ...(await readAnswer(response, most)),
    };
  }

  #check(answer: Answer, key: string | undefined, credentials: Credentials | undefined): Answer {
    const { status } = answer;
    const code = codeOf(answer);
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

/** The bytes of a part of a file, or of all of it. */
const streamOf = ({ path, start = 0, size }: SentFile) =>
  size === 0 ? Buffer.alloc(0) : createReadStream(path, { start, end: start + size - 1 });

/** The profile's own credentials, whatever the environment has. */
const withProfile = (env: Environment, profile: string): Environment => ({
  ...env,
  AWS_PROFILE: profile,
  AWS_ACCESS_KEY_ID: undefined,
  AWS_SECRET_ACCESS_KEY: undefined,
  AWS_SESSION_TOKEN: undefined,
});

const codeOf = ({ body }: Answer): string | undefined =>
  textOf(body.toString('utf8', 0, 2000), 'Code');

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
