import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { pipeline, type Readable } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { Environment } from '../../environment.ts';
import { credentials, proxyFor } from './proxy.ts';

/** Milliseconds after which a silent connection counts as broken, with a {@link Silence}. */
const patience = 60_000;
const mostRedirects = 5;

/** A server that accepted a connection and then sent nothing. */
export class Silence extends Error {}

/**
 * Requests a URL through the environment's proxy (`https_proxy`, `http_proxy`, `no_proxy`),
 * following redirects.
 */
export async function openUrl(
  url: string,
  headers: Readonly<Record<string, string>>,
  env: Environment,
): Promise<IncomingMessage> {
  let target = new URL(url);
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    const response = await askUrl(target, { headers }, env);
    const { statusCode = 0, headers: answer } = response;
    if (statusCode < 300 || statusCode >= 400 || answer.location === undefined) return response;
    response.destroy();
    target = new URL(answer.location, target);
  }
  throw new Error(`more than ${mostRedirects} redirects`);
}

/** A request of any method; a body that is a stream needs a `content-length`. */
export interface HttpRequest {
  readonly method?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer | Readable;
  readonly signal?: AbortSignal;
  /** By default a minute, in milliseconds. */
  readonly timeout?: number | undefined;
}

/** Makes one request, through the environment's proxy. It follows no redirect. */
export async function askUrl(
  target: URL,
  { method = 'GET', headers, body, signal, timeout = patience }: HttpRequest,
  env: Environment,
): Promise<IncomingMessage> {
  const proxy = proxyFor(target, env);
  const common: RequestOptions = { method, timeout, ...(signal !== undefined && { signal }) };
  const options = { ...common, headers: { ...headers } };
  const isPlain = target.protocol === 'http:';
  if (proxy === undefined)
    return await answerOf((isPlain ? httpRequest : httpsRequest)(target, options), body);
  if (isPlain) {
    const forProxy = { ...headers, host: target.host, ...credentials(proxy) };
    return await answerOf(
      httpRequest(proxy, { ...common, path: target.href, headers: forProxy }),
      body,
    );
  }
  const socket = await tunnel(target, proxy);
  const secure = connectTls({ socket, servername: target.hostname });
  return await answerOf(
    httpsRequest(target, { ...options, agent: false, createConnection: () => secure }),
    body,
  );
}

function answerOf(
  request: ReturnType<typeof httpRequest>,
  body: HttpRequest['body'],
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    let answer: IncomingMessage | undefined;
    request.on('timeout', () => (answer ?? request).destroy(new Silence('the server fell silent')));
    request.on('response', (response) => {
      answer = response;
      resolve(answer);
    });
    request.on('error', reject);
    if (body === undefined || Buffer.isBuffer(body)) request.end(body);
    else pipeline(body, request, (error) => error && reject(error));
  });
}

function tunnel(target: URL, proxy: URL): Promise<Socket> {
  const authority = `${target.hostname}:${target.port || 443}`;
  const options = {
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...credentials(proxy) },
  };
  return new Promise((resolve, reject) => {
    const request = httpRequest(proxy, { ...options, timeout: patience });
    request.on('timeout', () =>
      request.destroy(new Error(`the proxy said nothing for ${patience / 1000} s`)),
    );
    request.on('error', reject).on('connect', ({ statusCode }, socket) => {
      if (statusCode === 200) return resolve(socket as Socket);
      socket.destroy();
      reject(new Error(`the proxy ${proxy.host} answered ${statusCode}`));
    });
    request.end();
  });
}
