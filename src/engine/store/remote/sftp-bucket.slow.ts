import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { noSshd, SshServer } from '../../../../test/support/sshd.ts';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { RefusedRequest, UnreachableStore } from './bucket.ts';
import { SftpBucket } from './sftp-bucket.ts';
import { testBucket, testForeignFiles } from './testing-bucket.ts';

test('a host by SSH keeps bytes under keys, and an unknown host is refused', { skip: noSshd ?? false }, async (t) => {
  await using server = await SshServer.start();
  const before = process.env['PATH'];
  t.after(() => {
    process.env['PATH'] = before;
  });
  process.env['PATH'] = server.path;
  const path = join(temporaryFolder(t), 'made', 'store');
  const bucket = new SftpBucket({ destination: 'testhost', port: undefined, path });
  await testBucket(bucket, temporaryFolder(t));
  await testForeignFiles(bucket, path, temporaryFolder(t));
  await bucket.close();
  await assert.rejects(bucket.get('a/c d/é'), UnreachableStore);

  const stranger = new SftpBucket({ destination: 'stranger', port: undefined, path });
  await assert.rejects(stranger.get('x'), (error: Error) => {
    assert.ok(error instanceof RefusedRequest, error.message);
    assert.match(error.message, /Host key verification failed/);
    return true;
  });
});
