import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { noS3, S3Server } from '../../../../test/support/s3.ts';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { Refused } from './bucket.ts';
import { forEachOf } from './for-each-of.ts';
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
  await assert.rejects(new S3Bucket({ ...place, bucket: 'other' }, server.env).get('x'), /There is no bucket at/);
});

test('wrong credentials are refused, and never told', { skip: noS3 ?? false }, async () => {
  await using server = await S3Server.start({ INITIAL_NO_AUTH_ACTION_COUNT: '1' });
  const bucket = new S3Bucket({ bucket: 'bucket', prefix: '', endpoint: server.endpoint }, server.env);
  await assert.rejects(bucket.get('x'), (error: Error) => {
    assert.ok(error instanceof Refused);
    assert.match(error.message, /refuses the request \(InvalidAccessKeyId\)$/);
    assert.doesNotMatch(error.message, /secret/);
    return true;
  });
});

test('a server that never answers is left when the bucket is closed', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => silent.once('listening', resolve));
  const { port } = silent.address() as { port: number };
  const bucket = new S3Bucket({ bucket: 'bucket', prefix: '', endpoint: `http://127.0.0.1:${port}` }, {});
  const asked = assert.rejects(bucket.get('x'), /./);
  await bucket.close();
  await asked;
  silent.close();
});
