import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { ClientRequest } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { noS3, S3Server } from '../../../../../test/support/s3.ts';
import { temporaryFolder } from '../../../../../test/support/temporary-folder.ts';
import { sha256 } from '../../../../digest.ts';
import { forEachOf } from '../../../../for-each-of.ts';
import { collectShared } from '../collect-shared.ts';
import { dataKeyOf } from '../envelope.ts';
import { RefusedRequest, UnreachableStore } from './bucket.ts';
import { S3Bucket } from './s3-bucket.ts';
import { testBucket } from './testing-bucket.ts';

test('S3 keeps bytes under keys', { skip: noS3 ?? false }, async (t) => {
  await using server = await S3Server.start();
  const place = { bucket: 'bucket', prefix: 'a prefix/', endpoint: server.endpoint };
  await testBucket(new S3Bucket(place, server.env), temporaryFolder(t));
  const bucket = new S3Bucket(place, server.env);
  await forEachOf(Array(1100).keys(), 8, (index) => bucket.put(`pages/${index}`, Buffer.alloc(1)));
  const keys = new Set<string>();
  for await (const { key } of bucket.list('pages/')) keys.add(key);
  assert.equal(keys.size, 1100);
  await assert.rejects(
    new S3Bucket({ ...place, bucket: 'other' }, server.env).get('x'),
    /there is no bucket at /,
  );
});

/** The parts of an upload that this process sends from now on. */
function sentParts(): readonly string[] {
  const parts: string[] = [];
  subscribe('http.client.request.start', (message) => {
    const { method, path } = (message as { readonly request: ClientRequest }).request;
    const number = /partNumber=(\d+)/.exec(path)?.[1];
    if (method === 'PUT' && number !== undefined) parts.push(number);
  });
  return parts;
}

test('an upload in parts goes on after kill -9 of the push, and gc ends one that is left, in the protocol that Google shares', {
  skip: noS3 ?? false,
}, async (t) => {
  await using server = await S3Server.start();
  const folder = temporaryFolder(t);
  const path = join(folder, 'large');
  const bytes = Buffer.alloc(60 * 1024 ** 2);
  for (let at = 0; at < bytes.length; at += 4096) bytes.writeUInt32LE(at, at);
  writeFileSync(path, bytes);
  const file = { path, size: bytes.length, digest: sha256(bytes) };
  const key = dataKeyOf('objects', file.digest);
  const place = { bucket: 'bucket', prefix: 'lab/', endpoint: server.endpoint, region: 'auto' };
  const limits = { partSize: 5 * 1024 ** 2 };
  const bucket = new S3Bucket(place, server.env, limits);
  const { href } = new URL('s3-bucket.ts', import.meta.url);
  const args = [place, server.env, limits].map((value) => JSON.stringify(value));
  const code = `import { S3Bucket } from '${href}';
    await new S3Bucket(${args}).put('${key}', ${JSON.stringify(file)});`;
  const options = ['--import', 'tsx', '--input-type=module', '-e', code];
  const stored = async () => {
    for await (const upload of bucket.unfinished()) return upload;
    return undefined;
  };
  const push = spawn(process.execPath, options, { stdio: 'ignore' });
  const killed = once(push, 'exit');
  const { endpoint } = server;
  const uploads = async () => {
    const listed = await (await fetch(`${endpoint}/bucket?uploads`)).text();
    const id = /<UploadId>([^<]+)</.exec(listed)?.[1];
    if (id === undefined) return 0;
    const parts = await (await fetch(`${endpoint}/bucket/lab/${key}?uploadId=${id}`)).text();
    return parts.split('<PartNumber>').length - 1;
  };
  while ((await uploads()) < 2) await delay(20);
  push.kill('SIGKILL');
  await killed;
  assert.equal(await bucket.head(key), undefined, 'nothing is there before all of it is');
  const arrived = await uploads();
  assert.ok(arrived < 12, `${arrived} of 12 parts had arrived`);

  const parts = sentParts();
  await bucket.put(key, file);
  assert.ok(parts.length <= 12 - arrived, `${parts} were sent, and ${arrived} were there`);
  assert.equal(await bucket.head(key), bytes.length);
  const end = { start: bytes.length - 5000, length: 5000 };
  assert.deepEqual(await bucket.get(key, end), bytes.subarray(-5000));
  assert.equal(await stored(), undefined);

  await fetch(`${endpoint}/bucket/lab/${key}?uploads`, { method: 'POST' });
  const left = (await stored())!;
  assert.equal(left.key, key);
  // moto dates every upload 2010.
  const all = { keep: Number.POSITIVE_INFINITY, remove: true };
  assert.equal((await collectShared(bucket, all)).deleted, 1);
  assert.equal(await stored(), undefined);
});

test('wrong credentials are refused, and never shown', { skip: noS3 ?? false }, async () => {
  await using server = await S3Server.start({ INITIAL_NO_AUTH_ACTION_COUNT: '1' });
  const bucket = new S3Bucket(
    { bucket: 'bucket', prefix: '', endpoint: server.endpoint },
    server.env,
  );
  await assert.rejects(bucket.get('x'), (error: Error) => {
    assert.ok(error instanceof RefusedRequest);
    assert.match(error.message, /^InvalidAccessKeyId: the server does not know this access key: /);
    assert.doesNotMatch(error.message, /secret/);
    return true;
  });
});

test('closing the bucket ends a request to a server that never answers', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const bucket = new S3Bucket(
    { bucket: 'bucket', prefix: '', endpoint: `http://127.0.0.1:${port}` },
    {},
  );
  const refusal = assert.rejects(bucket.get('x'), /./);
  await bucket.close();
  await refusal;
  silent.close();
});

for (const [when, answer] of [
  ['before it answers', ''],
  ['in its answer', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc'],
] as const) {
  test(`a server that falls silent ${when} is asked once`, async () => {
    let requests = 0;
    const server = createServer((socket) => {
      requests += 1;
      socket.on('error', () => {}).write(answer);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const place = { bucket: 'bucket', prefix: '', endpoint: `http://127.0.0.1:${port}` };
    await assert.rejects(
      new S3Bucket(place, {}, { timeout: 50 }).get('x'),
      new UnreachableStore('the server fell silent'),
    );
    assert.equal(requests, 1);
    server.close();
  });
}
