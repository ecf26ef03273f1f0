import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { noS3, S3Server } from '../../../../../test/support/s3.ts';
import { temporaryFolder } from '../../../../../test/support/temporary-folder.ts';
import { forEachOf } from '../../../../for-each-of.ts';
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
      new S3Bucket(place, {}, 50).get('x'),
      new UnreachableStore('the server fell silent'),
    );
    assert.equal(requests, 1);
    server.close();
  });
}
