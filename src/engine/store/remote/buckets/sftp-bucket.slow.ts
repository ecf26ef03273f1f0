import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { noSshd, SshServer } from '../../../../../test/support/sshd.ts';
import { temporaryFolder } from '../../../../../test/support/temporary-folder.ts';
import { RefusedRequest, UnreachableStore } from './bucket.ts';
import { SftpBucket } from './sftp-bucket.ts';
import { testBucket, testForeignFiles } from './testing-bucket.ts';

test('a host by SSH keeps bytes under keys, and an unknown host is refused', {
  skip: noSshd ?? false,
}, async (t) => {
  await using server = await SshServer.start();
  const env = { ...process.env, PATH: server.path };
  const path = join(temporaryFolder(t), 'made', 'store');
  const bucket = new SftpBucket({ destination: 'testhost', port: undefined, path }, env);
  await testBucket(bucket, temporaryFolder(t));
  await testForeignFiles(bucket, path, temporaryFolder(t));
  await bucket.close();
  await assert.rejects(bucket.get('a/c d/é'), UnreachableStore);

  const stranger = new SftpBucket({ destination: 'stranger', port: undefined, path }, env);
  await assert.rejects(stranger.get('x'), (error: Error) => {
    assert.ok(error instanceof RefusedRequest, error.message);
    assert.match(
      error.message,
      /^ssh: Host key verification failed\.: type `ssh stranger` once, and accept its key if it is the right one$/,
    );
    return true;
  });
});

test('a host that answers nothing more counts as silent, and ends all calls', {
  skip: noSshd ?? false,
}, async (t) => {
  const folder = temporaryFolder(t);
  const program = join(folder, 'silent');
  writeFileSync(
    program,
    "#!/bin/sh\nprintf '\\0\\0\\0\\5\\2\\0\\0\\0\\3'\nexec cat > /dev/null\n",
    { mode: 0o755 },
  );
  await using server = await SshServer.start(program);
  const env = { ...process.env, PATH: server.path };
  const bucket = new SftpBucket(
    { destination: 'testhost', port: undefined, path: folder },
    env,
    500,
  );
  const calls = [bucket.get('a'), bucket.head('b')];
  for (const call of calls)
    await assert.rejects(call, new UnreachableStore('the host fell silent'));
});
