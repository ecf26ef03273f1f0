import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { FolderBucket } from './folder-bucket.ts';
import { signRequest } from './sign-request.ts';
import { testBucket } from './testing-bucket.ts';

test('a folder keeps bytes under keys', (t) => testBucket(new FolderBucket(temporaryFolder(t)), temporaryFolder(t)));

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
  assert.match(signed['authorization']!, /Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41$/);
});
