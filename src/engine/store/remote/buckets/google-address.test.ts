import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MemoryS3 } from '../../../../../test/support/memory-s3.ts';
import { temporaryFolder } from '../../../../../test/support/temporary-folder.ts';
import { readAddress } from './buckets.ts';
import { testBucket } from './testing-bucket.ts';

test('a bucket of Google keeps bytes by the protocol of S3, with HMAC keys of a profile', async (t) => {
  await using server = await MemoryS3.start();
  const folder = temporaryFolder(t);
  const config = join(folder, 'credentials');
  writeFileSync(config, '[lab]\naws_access_key_id=GOOG1E\naws_secret_access_key=secret\n');
  const ids = new Set<string>();
  server.fault = ({ id }) => {
    ids.add(id);
    return undefined;
  };
  const settings = { endpoint: server.endpoint, profile: 'lab' };
  const env = {
    AWS_SHARED_CREDENTIALS_FILE: config,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_ACCESS_KEY_ID: 'of another store',
    AWS_SECRET_ACCESS_KEY: 'secret',
  };
  const bucket = await readAddress('gs://bucket/a/prefix', '/')!.open(settings, env);
  await testBucket(bucket, folder);
  assert.deepEqual([...ids], ['GOOG1E']);
  assert.ok(server.files.has('a/prefix/ab'));
});

test('addresses of Google and Azure name a bucket or container, and no password', () => {
  for (const url of [
    'gs://lab',
    'gs://lab.example.org/x/y',
    'azure://account/lab',
    'azure://account/lab/x',
  ])
    assert.ok(readAddress(url, '/') !== undefined, url);
  const wrong = [
    'gs://',
    'gs://me:secret@lab/x',
    'azure://account',
    'azure://a/lab',
    'azure://account:key@x/lab',
  ];
  for (const url of wrong) assert.equal(readAddress(url, '/'), undefined, url);
});
