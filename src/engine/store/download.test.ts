import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { type PublishedFile, StageError } from '../../stage.ts';
import { openUrl } from '../http/open-url.ts';
import { proxyFor } from '../http/proxy.ts';
import { download } from './download.ts';

const content = Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) % 251);
const md5 = createHash('md5').update(content).digest('hex');
const sha256 = createHash('sha256').update(content).digest('hex');
/** The name of the file in the downloads. */
const name = `${md5}-net.h5`;

type Answer = (request: IncomingMessage, response: ServerResponse, start: number) => void;

/** A server of the file; `answer` gets the first byte that is asked for. */
async function serve(t: TestContext, answer: Answer) {
  const ranges: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range);
    answer(request, response, Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const file: PublishedFile = { url: `http://127.0.0.1:${port}/some/net.h5`, md5 };
  return { server, ranges, file, port };
}

/** Sends what is left from `start` on, up to `most` bytes, and then breaks off. */
const sending =
  (most: number): Answer =>
  (_, response, start) => {
    const end = Math.min(content.length, start + most);
    response.writeHead(start > 0 ? 206 : 200, { 'content-length': content.length - start });
    response.write(content.subarray(start, end), () =>
      end === content.length ? response.end() : response.destroy(),
    );
  };

const problem = (work: Promise<unknown>) =>
  work.then(
    () => assert.fail('it was fetched'),
    (error: unknown) => (error instanceof StageError ? error.message : assert.fail(String(error))),
  );

test('a file is fetched once; after a broken connection the download resumes where it ended', async (t) => {
  const cache = temporaryFolder(t);
  const { file, ranges } = await serve(t, sending(110_000));
  const progress: number[] = [];

  const path = await download(cache, file, process.env, ({ done, total }) =>
    progress.push(done / total),
  );
  assert.equal(path, join(cache, 'downloads', name));
  assert.deepEqual(new Uint8Array(readFileSync(path)), content);
  assert.deepEqual(ranges, [undefined, 'bytes=110000-', 'bytes=220000-']);
  assert.equal(progress.at(-1), 1);
  assert.equal(existsSync(`${path}.part`), false);
  assert.equal(await download(cache, file, process.env), path);
  assert.equal(ranges.length, 3);
});

test('a download resumes after what an earlier run fetched, unless the server sends the whole file', async (t) => {
  for (const knowsRanges of [true, false]) {
    const cache = temporaryFolder(t);
    mkdirSync(join(cache, 'downloads'));
    writeFileSync(join(cache, 'downloads', `${name}.part`), content.subarray(0, 1000));
    const whole = sending(content.length);
    const { file, ranges } = await serve(t, (...[request, response, start]) =>
      whole(request, response, knowsRanges ? start : 0),
    );
    assert.deepEqual(
      new Uint8Array(readFileSync(await download(cache, file, process.env))),
      content,
    );
    assert.deepEqual(ranges, ['bytes=1000-']);
  }
});

test('a part that holds the whole file is used; one that is longer is removed', async (t) => {
  const cache = temporaryFolder(t);
  const part = join(cache, 'downloads', `${name}.part`);
  const { file, ranges } = await serve(t, (...[request, response, start]) =>
    start < content.length
      ? sending(content.length)(request, response, start)
      : response.writeHead(416).end(),
  );
  mkdirSync(join(cache, 'downloads'));
  writeFileSync(part, Buffer.concat([content, content]));
  const twice = createHash('md5').update(content).update(content).digest('hex');
  assert.equal(
    await problem(download(cache, file, process.env)),
    `Expected md5 ${md5} of ${file.url}, got ${twice}: the checksum is of another file, or the server sent something else, such as a page. Correct the checksum, or put the right file at ${join(cache, 'downloads', name)}.`,
  );
  assert.deepEqual([existsSync(part), ranges], [false, ['bytes=600000-']]);

  writeFileSync(part, content);
  assert.deepEqual(new Uint8Array(readFileSync(await download(cache, file, process.env))), content);
  assert.deepEqual(ranges.slice(1), ['bytes=300000-']);
});

test('of several that want a file at once, one fetches it', async (t) => {
  const cache = temporaryFolder(t);
  const { file, ranges } = await serve(t, sending(content.length));
  const paths = await Promise.all([
    download(cache, file, process.env),
    download(cache, file, process.env),
    download(cache, file, process.env),
  ]);
  assert.deepEqual(new Set(paths).size, 1);
  assert.equal(ranges.length, 1);
});

test('files of one name do not meet, whichever checksum names them', async (t) => {
  const cache = temporaryFolder(t);
  const { file, ranges } = await serve(t, sending(content.length));
  const { server, port } = await serve(t, (_, response) => response.end('another'));
  const another = createHash('sha256').update('another').digest('hex');
  const paths = await Promise.all([
    download(cache, file, process.env),
    download(cache, { url: file.url, sha256 }, process.env),
    download(cache, { url: `http://127.0.0.1:${port}/b/net.h5`, sha256: another }, process.env),
  ]);
  server.close();
  const names = [md5, sha256, another].map((digest) => `${digest}-net.h5`);
  assert.deepEqual(
    paths,
    names.map((each) => join(cache, 'downloads', each)),
  );
  assert.deepEqual(
    paths.map((path) => readFileSync(path).length),
    [content.length, content.length, 7],
  );
  assert.equal(ranges.length, 2);
});

test('what an earlier version downloaded under its name alone is found, unless it is another file', async (t) => {
  const cache = temporaryFolder(t);
  const { file, ranges } = await serve(t, sending(content.length));
  const earlier = join(cache, 'downloads', 'net.h5');
  mkdirSync(join(cache, 'downloads'));
  writeFileSync(earlier, content);
  assert.equal(await download(cache, file, process.env), earlier);
  assert.equal(await download(cache, { url: file.url, sha256 }, process.env), earlier);
  assert.deepEqual(ranges, []);

  writeFileSync(earlier, 'of another address');
  assert.equal(await download(cache, file, process.env), join(cache, 'downloads', name));
  assert.equal(readFileSync(earlier, 'utf8'), 'of another address');
});

test('without a network the message says what to fetch and where to put it; then it is used from there', async (t) => {
  const cache = temporaryFolder(t);
  const { server, file, port } = await serve(t, sending(1));
  await new Promise((resolve) => server.close(resolve));
  const path = join(cache, 'downloads', name);

  assert.equal(
    await problem(download(cache, file, process.env)),
    `Cannot fetch ${file.url}: connect ECONNREFUSED 127.0.0.1:${port}. Fetch it where there is a network, and put it at ${path}; its md5 is ${md5}.`,
  );
  writeFileSync(path, content);
  assert.equal(await download(cache, file, process.env), path);
  writeFileSync(path, content.subarray(1));
  const got = createHash('md5').update(content.subarray(1)).digest('hex');
  assert.equal(
    await problem(download(cache, file, process.env)),
    `Expected md5 ${md5} of ${path}, got ${got}: it is damaged, or another file. Remove it.`,
  );
});

test('an empty or wrong answer never gets the final name', async (t) => {
  const cache = temporaryFolder(t);
  const path = join(cache, 'downloads', name);
  const gone = await serve(t, (_, response) => response.writeHead(404).end());
  assert.match(
    await problem(download(cache, gone.file, process.env)),
    /: the server answered 404\. Fetch it where/,
  );

  let times = 0;
  const stuck = await serve(t, (...call) => sending(times++ === 0 ? 5000 : 0)(...call));
  assert.match(
    await problem(download(cache, stuck.file, process.env)),
    /is [0-9a-f]{32}\. The 5000 bytes that arrived are kept, and the next attempt resumes after them\.$/,
  );
  assert.equal(readFileSync(`${path}.part`).length, 5000);

  const otherServer = await serve(t, (_, response) => response.end('<html>Sign in</html>'));
  assert.match(
    await problem(download(cache, otherServer.file, process.env)),
    /, got [0-9a-f]{32}: the checksum is of another file, or the server sent something else/,
  );
  assert.deepEqual([existsSync(path), existsSync(`${path}.part`)], [false, false]);
});

test('a proxy that the environment names is asked, except for hosts that it leaves out', async (t) => {
  const requests: string[] = [];
  const { server, port } = await serve(t, (request, response) => {
    requests.push(
      `${request.method} ${request.url} ${request.headers['proxy-authorization'] ?? ''}`,
    );
    response.end('hello');
  });
  server.on('connect', (request, socket) => {
    requests.push(`CONNECT ${request.url}`);
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  const env = {
    http_proxy: `http://me:secret@127.0.0.1:${port}`,
    HTTPS_PROXY: `127.0.0.1:${port}`,
    no_proxy: 'b.org, .c.org',
  };

  const response = await openUrl('http://a.org/x?y=1', {}, env);
  assert.equal((await response.toArray()).join(''), 'hello');
  await assert.rejects(
    openUrl('https://a.org/x', {}, env),
    new Error(`the proxy 127.0.0.1:${port} answered 403`),
  );
  assert.deepEqual(requests, [
    `GET http://a.org/x?y=1 Basic ${btoa('me:secret')}`,
    'CONNECT a.org:443',
  ]);
  const proxied = ['http://b.org', 'http://d.b.org', 'http://c.org', 'http://bb.org'].map(
    (url) => proxyFor(new URL(url), env) !== undefined,
  );
  assert.deepEqual(proxied, [false, false, false, true]);
  assert.equal(proxyFor(new URL('https://a.org'), {}), undefined);
});
