import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { sha256 } from '../../../digest.ts';
import { UserError } from '../../../user-error.ts';
import { objectPath } from '../../files/cache-paths.ts';
import { processMark } from '../../files/process-identity.ts';
import { HostFolder } from './host-folder.ts';

test('what nobody used for a month leaves the cache of a host, with what killed workers left', (t) => {
  const root = join(temporaryFolder(t), 'host');
  // A month later, by the clock of the test.
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 31 * 86_400_000 });
  const folder = new HostFolder(root);
  const write = (path: string) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
    return path;
  };
  const old = write(objectPath(join(root, 'cache'), sha256('old')));
  const used = write(objectPath(join(root, 'cache'), sha256('used')));
  utimesSync(used, new Date(), new Date());
  const { pid } = spawnSync('true');
  const [space] = processMark().split('-');
  const left = write(join(root, 'tickets', `${space}-${pid}-0123456789ab`, 'project/file'));
  const own = folder.ticket({ shared: false });
  folder.clear();
  assert.deepEqual([old, used, left, own.root].map(existsSync), [false, true, false, true]);
});

test('a folder in which others may write is refused', (t) => {
  const root = temporaryFolder(t);
  chmodSync(root, 0o777);
  assert.throws(
    () => new HostFolder(root),
    new UserError(`${root} belongs to someone else, or others may write to it: it is refused`),
  );
});

test('files of a ticket stay in its project', (t) => {
  const folder = new HostFolder(join(temporaryFolder(t), 'host'));
  const ticket = folder.ticket({ shared: false });
  const digest = sha256('');
  for (const path of ['../out', '/etc/out', 'a/../../out'])
    assert.throws(() => ticket.addFiles([{ path, digest, size: 0 }], () => '/dev/null'), UserError);
});
