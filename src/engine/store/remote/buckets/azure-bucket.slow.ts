import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { AzureServer, noAzure } from '../../../../../test/support/azurite.ts';
import { temporaryFolder } from '../../../../../test/support/temporary-folder.ts';
import { sha256 } from '../../../../digest.ts';
import { forEachOf } from '../../../../for-each-of.ts';
import { AzureBucket } from './azure-bucket.ts';
import { RefusedRequest } from './bucket.ts';
import { testBucket } from './testing-bucket.ts';

test("a container of Azure's blobs keeps bytes under keys, and a large file by blocks", {
  skip: noAzure ?? false,
}, async (t) => {
  await using server = await AzureServer.start();
  const { account, endpoint, env } = server;
  const place = { account, container: 'lab', prefix: 'a prefix/', endpoint };
  const folder = temporaryFolder(t);
  await testBucket(new AzureBucket(place, env), folder);

  const bucket = new AzureBucket(place, env, { blockSize: 1_000_000, page: 20 });
  const path = join(folder, 'file');
  const bytes = Buffer.from(Array.from({ length: 4_500_000 }, (_, index) => index % 251));
  writeFileSync(path, bytes);
  const body = { path, size: bytes.length, digest: sha256(bytes) };
  await Promise.all([bucket.put('blocks/one', body), bucket.put('blocks/one', body)]);
  assert.equal(await bucket.head('blocks/one'), bytes.length);
  assert.deepEqual(await bucket.get('blocks/one'), bytes);
  assert.deepEqual(
    await bucket.get('blocks/one', { start: 999_999, length: 2 }),
    bytes.subarray(999_999, 1_000_001),
  );
  await forEachOf(Array(50).keys(), 8, (index) => bucket.put(`pages/${index}`, Buffer.alloc(1)));
  const keys = new Set<string>();
  for await (const { key } of bucket.list('pages/')) keys.add(key);
  assert.equal(keys.size, 50);

  const connection = `AccountName=${account};AccountKey=${env.AZURE_STORAGE_KEY};`;
  const byConnection = new AzureBucket(place, { AZURE_STORAGE_CONNECTION_STRING: connection });
  assert.equal(await byConnection.head('blocks/one'), bytes.length);
  const byToken = new AzureBucket(place, { AZURE_STORAGE_SAS_TOKEN: server.token('rl') });
  assert.equal(await byToken.head('blocks/one'), bytes.length);
  assert.deepEqual(await byToken.top(), await bucket.top());
  await assert.rejects(byToken.put('x', Buffer.from('x')), RefusedRequest);

  await assert.rejects(
    new AzureBucket({ ...place, container: 'other' }, env).get('x'),
    new RefusedRequest(`there is no container at ${endpoint}/${account}/other`),
  );
  const wrong = { AZURE_STORAGE_KEY: Buffer.alloc(64).toString('base64') };
  await assert.rejects(new AzureBucket(place, wrong).get('x'), (error: Error) => {
    assert.ok(error instanceof RefusedRequest);
    assert.match(error.message, /^(AuthenticationFailed|AuthorizationFailure): /);
    return true;
  });
});
