import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryS3 } from '../../../../test/support/memory-s3.ts';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { mostWhole } from './bucket.ts';
import { S3Bucket } from './s3-bucket.ts';
import { testBucket } from './testing-bucket.ts';

const env = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' };
const place = ({ endpoint }: MemoryS3) => ({ bucket: 'bucket', prefix: 'store/', endpoint });

test('S3 keeps bytes under keys', async (t) => {
  await using server = await MemoryS3.start();
  await testBucket(new S3Bucket(place(server), env), temporaryFolder(t));
});

test('a whole value is read up to a limit, so that a file of blanks fills no memory', async () => {
  await using server = await MemoryS3.start();
  const bucket = new S3Bucket(place(server), env);
  server.files.set('store/large', Buffer.alloc(mostWhole + 1));
  assert.equal(await bucket.get('large'), undefined);
  assert.equal((await bucket.get('large', { start: 0, length: 5 }))?.length, 5);
});
