import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';

/** The conditions under which a request is answered. */
interface Access {
  /**
   * The host names that the server answers to, without a port: other sites may point their names to
   * this machine.
   */
  readonly hosts: ReadonlySet<string>;
  /** The secret of the printed address. */
  readonly token: string;
  /** Cookies are shared by all ports of a host, so each server has one of its own. */
  readonly cookie: string;
  /** The paths to which pages of this server may post; none where it can only be read. */
  readonly posts: ReadonlySet<string>;
}

/** The most bytes of a request's body. */
const largestBody = 64 * 1024;

export const newToken = (): string => randomBytes(24).toString('base64url');

/**
 * Pages may load files of this server only. Vega's interpreter needs no `eval`; its tooltips and
 * our bars set styles.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * Answers only readers who have the token, first in the address and then as a cookie, and who ask
 * for one of the server's own host names. Sets the headers of every answer.
 */
export const guard =
  ({ hosts, token, cookie, posts }: Access): MiddlewareHandler =>
  async (c, next) => {
    c.header('X-Content-Type-Options', 'nosniff');
    c.header('Referrer-Policy', 'no-referrer');
    c.header('Cross-Origin-Resource-Policy', 'same-origin');
    c.header('Content-Security-Policy', policy);
    // Not every host that a client can send makes a URL, such as `xn--`.
    const url = URL.canParse(c.req.url) ? new URL(c.req.url) : undefined;
    if (url === undefined || !hosts.has(url.hostname))
      return c.text('This address is not one of this server.', 421);
    const isPost = c.req.method === 'POST' && posts.has(url.pathname);
    if (!isPost && c.req.method !== 'GET' && c.req.method !== 'HEAD')
      return c.text('This server can only be read.', 405);
    const given = url.searchParams.get('token');
    if (given !== null && isSame(given, token)) {
      setCookie(c, cookie, token, { httpOnly: true, sameSite: 'Strict', path: '/' });
      url.searchParams.delete('token');
      // A path that begins with two slashes would be the address of another host.
      return c.redirect(`${url.pathname.replace(/^[/\\]+/, '/')}${url.search}`, 303);
    }
    if (!isSame(getCookie(c, cookie) ?? '', token)) {
      return c.text(
        'Open the address that `restage serve` printed: it holds a token, which this one lacks.',
        403,
      );
    }
    if (isPost) {
      const refusal = whyNoPost(c, url);
      if (refusal !== undefined) return refusal;
    }
    if (!url.pathname.startsWith('/object/') && !url.pathname.startsWith('/asset/'))
      c.header('Cache-Control', 'no-store');
    await next();
  };

/**
 * Refuses a post that no page of this server sent. A browser names the origin of each post, and
 * lets no other site send JSON. The cookie alone would not do: all ports of a host share it.
 */
function whyNoPost(c: Context, url: URL): Response | undefined {
  const origin = c.req.header('Origin') ?? '';
  const isOwn = URL.canParse(origin) && new URL(origin).host === url.host;
  const site = c.req.header('Sec-Fetch-Site') ?? 'same-origin';
  if (!isOwn || site !== 'same-origin') return c.text('Another site sent this.', 403);
  if (!/^application\/json\b/.test(c.req.header('Content-Type') ?? ''))
    return c.text('This is no JSON.', 415);
  const length = Number(c.req.header('Content-Length') ?? Number.NaN);
  return length <= largestBody ? undefined : c.text('This is too long.', 413);
}

/** Compares in constant time. */
function isSame(a: string, b: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}
