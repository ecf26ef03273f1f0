import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder, writeFiles } from '../../test/temporary-folder.ts';
import { Lease } from './lease.ts';
import { thisProcess } from './process-identity.ts';

const never = new AbortController().signal;

/** A lease as another holder left it. */
function heldBy(path: string, holder: object): void {
  writeFiles(path, { 'holder.json': JSON.stringify({ ...thisProcess(), token: 'theirs', ...holder }) });
}

test('one holds it, the other learns who, and gets it when it is given back', async (t) => {
  const path = join(temporaryFolder(t), 'leases/a');
  const first = Lease.tryAcquire(path);
  assert.ok(first instanceof Lease);
  const waited: string[] = [];
  const second = Lease.acquire(path, never, (holder) => {
    waited.push(holder);
    first.release();
  });
  await using lease = await second;
  assert.ok(lease instanceof Lease);
  const { pid, host } = thisProcess();
  assert.deepEqual(waited, [`process ${pid} on ${host}`]);
});

test('of many who want it at once, one has it at a time', async (t) => {
  const path = join(temporaryFolder(t), 'leases/a');
  let holders = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 10 }, async () => {
      await using _lease = await Lease.acquire(path, never, () => {});
      holders += 1;
      most = Math.max(most, holders);
      await new Promise(setImmediate);
      holders -= 1;
    }),
  );
  assert.equal(most, 1);
  assert.deepEqual(readdirSync(join(path, '..')), []);
});

test('a process that died leaves nothing behind that anyone waits for', (t) => {
  const path = join(temporaryFolder(t), 'leases/a');
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  heldBy(path, { pid });
  const lease = Lease.tryAcquire(path);
  assert.ok(lease instanceof Lease);
  lease.release();
  heldBy(path, { started: 'an earlier process with our number' });
  assert.equal(Lease.tryAcquire(path) instanceof Lease, process.platform === 'linux');
});

test('a holder on another host is believed until it is long stale', (t) => {
  const path = join(temporaryFolder(t), 'leases/a');
  heldBy(path, { host: 'elsewhere', pid: 1 });
  assert.deepEqual(Lease.tryAcquire(path), { heldBy: 'process 1 on elsewhere' });
  const anHourAgo = Date.now() / 1000 - 3600;
  utimesSync(join(path, 'holder.json'), anHourAgo, anHourAgo);
  const lease = Lease.tryAcquire(path);
  assert.ok(lease instanceof Lease);
  lease.release();
});

test('giving back what another took meanwhile leaves it to the other', (t) => {
  const path = join(temporaryFolder(t), 'leases/a');
  const lease = Lease.tryAcquire(path);
  assert.ok(lease instanceof Lease);
  writeFileSync(join(path, 'holder.json'), JSON.stringify({ ...thisProcess(), token: 'theirs' }));
  lease.release();
  assert.equal(existsSync(join(path, 'holder.json')), true);
});

test('waiting ends with the signal, and with its reason', async (t) => {
  const path = join(temporaryFolder(t), 'leases/a');
  heldBy(path, {});
  const interrupt = new AbortController();
  const waiting = Lease.acquire(path, interrupt.signal, () => interrupt.abort(new Error('interrupted')));
  await assert.rejects(waiting, { message: 'interrupted' });
});
