import assert from 'node:assert/strict';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../../../test/support/temporary-folder.ts';
import { mostWhole } from './bucket.ts';
import { FolderBucket } from './folder-bucket.ts';
import { signRequest } from './sign-request.ts';
import { testBucket, testForeignFiles } from './testing-bucket.ts';

test('a folder keeps bytes under keys', (t) =>
  testBucket(new FolderBucket(temporaryFolder(t)), temporaryFolder(t)));

test('in a folder, what is no plain file is absent, and nothing happens behind a link', {
  timeout: 20_000,
}, async (t) => {
  const folder = temporaryFolder(t);
  await testForeignFiles(new FolderBucket(folder), folder, temporaryFolder(t));
});

test('a whole value is read up to a limit, so that a file of blanks fills no memory', async (t) => {
  const folder = temporaryFolder(t);
  const bucket = new FolderBucket(folder);
  writeFileSync(join(folder, 'large'), '');
  truncateSync(join(folder, 'large'), mostWhole);
  assert.equal((await bucket.get('large'))?.length, mostWhole);
  truncateSync(join(folder, 'large'), mostWhole + 1);
  assert.equal(await bucket.get('large'), undefined);
  assert.equal((await bucket.get('large', { start: mostWhole, length: 5 }))?.length, 1);
});

test('a request is signed as in the example of the documentation of S3', () => {
  const signed = signRequest(
    {
      method: 'GET',
      url: new URL('https://examplebucket.s3.amazonaws.com/test.txt'),
      headers: { range: 'bytes=0-9' },
      bodyDigest: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    },
    { id: 'AKIAIOSFODNN7EXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' },
    'us-east-1',
    new Date('2013-05-24T00:00:00Z'),
  );
  assert.match(
    signed['authorization']!,
    /Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41$/,
  );
});

// The signature is that of aws4 1.13.2, a package that signs.
test('a query is signed in the order of its names, one of which may begin with another', () => {
  const { authorization } = signRequest(
    {
      method: 'GET',
      url: new URL('https://bucket.s3.eu-west-1.amazonaws.com/?a-b=1&a=2'),
      headers: {},
      bodyDigest: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    },
    { id: 'AKIAIOSFODNN7EXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' },
    'eu-west-1',
    new Date('2013-05-24T00:00:00Z'),
  );
  assert.match(
    authorization!,
    /Signature=22f3e145bff994a988e7a2cf00a8b5ff1aaebf106fb738a13c649ad3c84bdb20$/,
  );
});
