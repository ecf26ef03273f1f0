import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { mostWhole, RefusedRequest, UnreachableStore } from './bucket.ts';
import { http } from './http-address.ts';
import { HttpBucket, redirected } from './http-bucket.ts';

/** A web server with one handler, and the bucket of its folder `store`. */
async function serve(
  context: TestContext,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<HttpBucket> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const bucket = new HttpBucket(`http://127.0.0.1:${port}/store/`, {});
  context.after(() => bucket.close());
  return bucket;
}

const value = Buffer.from('0123456789');

test('a web server with ranges, and one without them, give the same bytes', async (context) => {
  const asked: string[] = [];
  const withRanges = await serve(context, ({ url, headers }, response) => {
    asked.push(`${url} ${headers.range ?? 'whole'}`);
    response.setHeader('content-length', 10);
    const [, first, last] = /bytes=(\d+)-(\d+)/.exec(headers.range ?? '') ?? [];
    if (first === undefined) return void response.end(value);
    const part = value.subarray(Number(first), Number(last) + 1);
    response.writeHead(206, { 'content-length': part.length }).end(part);
  });
  const without = await serve(context, (_, response) => {
    response.writeHead(200, { 'content-length': 10 }).end(value);
  });
  for (const bucket of [withRanges, without]) {
    assert.deepEqual(await bucket.get('packs/a b'), value);
    assert.deepEqual(`${await bucket.get('packs/a b', { start: 3, length: 4 })}`, '3456');
    assert.equal(await bucket.get('packs/a b', { start: 8, length: 4 }), undefined);
    assert.equal(await bucket.head('packs/a b'), 10);
  }
  assert.deepEqual(asked, [
    '/store/packs/a%20b whole',
    '/store/packs/a%20b bytes=3-6',
    '/store/packs/a%20b bytes=8-11',
    '/store/packs/a%20b whole',
  ]);
});

test('a value above the limit is not read whole, and one of many megabytes is', async (context) => {
  const sizes = { '/store/large': 3_000_000, '/store/endless': mostWhole + 1 };
  const bucket = await serve(context, ({ url }, response) => {
    const size = sizes[url as keyof typeof sizes];
    response.setHeader('content-length', size);
    if (size > mostWhole) response.write(Buffer.alloc(2_000_000));
    else response.end(Buffer.alloc(size, 1));
  });
  assert.equal((await bucket.get('large'))?.length, 3_000_000);
  assert.equal(await bucket.get('endless'), undefined);
});

test('what a bucket does not show is absent, except its first file', async (context) => {
  const bucket = await serve(context, ({ url }, response) => {
    response.writeHead(url === '/store/gone' ? 404 : 403).end();
  });
  for (const key of ['gone', 'hidden']) {
    assert.equal(await bucket.get(key), undefined);
    assert.equal(await bucket.head(key), undefined);
  }
  await assert.rejects(bucket.get('store.json'), new RefusedRequest('the server answers 403'));
});

test('a failure that passes is asked again, and a redirect is followed', async (context) => {
  let failures = 2;
  const bucket = await serve(context, ({ url }, response) => {
    if (url === '/store/a' && failures > 0) {
      failures -= 1;
      return void response.writeHead(503).end();
    }
    if (url === '/store/a') return void response.writeHead(302, { location: '/other/a' }).end();
    if (url === '/store/b') return void response.writeHead(302, { location: 'ftp://host/b' }).end();
    response.writeHead(url === '/store/c' ? 500 : 200).end(value);
  });
  assert.deepEqual(await bucket.get('a'), value);
  const elsewhere = new RefusedRequest('the server sends on to ftp://host');
  await assert.rejects(bucket.get('b'), elsewhere);
  await assert.rejects(bucket.get('c'), new UnreachableStore('the server answers 500'));
});

test('a redirect from a secure server to one that is not is refused', () => {
  const secure = new URL('https://host/store/a');
  assert.equal(redirected(secure, '/b').href, 'https://host/b');
  assert.equal(redirected(new URL('http://host/a'), 'https://other/b').href, 'https://other/b');
  const why = new RefusedRequest('the server sends on to http://other');
  assert.throws(() => redirected(secure, 'http://other/b'), why);
});

test('a store at a web address takes nothing and has no list', async () => {
  const bucket = new HttpBucket('http://127.0.0.1:1/', {});
  const onlyRead = new RefusedRequest('a store at a web address is only read');
  const notListed = new RefusedRequest('a store at a web address is only read, and not listed');
  await assert.rejects(bucket.put(), onlyRead);
  await assert.rejects(bucket.delete(), onlyRead);
  await assert.rejects(bucket.top(), notListed);
  await assert.rejects(async () => {
    for await (const _ of bucket.list());
  }, notListed);
});

test('an address is one of the web without a password, a query or a fragment', () => {
  const isOne = (url: string) => http.read(url, '/') !== undefined;
  assert.ok(['https://host', 'https://host/', 'http://[::1]:80/a/b'].every(isOne));
  const others = [
    'https://me:word@host/a',
    'https://host/a?key=1',
    'https://host/a#b',
    's3://host',
    'https:///a',
  ];
  assert.ok(!others.some(isOne));
});
