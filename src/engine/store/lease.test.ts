import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs, { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder, writeFiles } from '../../../test/support/temporary-folder.ts';
import { thisProcess } from '../files/process-identity.ts';
import { Lease } from './lease.ts';

const leaseIn = (t: TestContext): string => join(temporaryFolder(t), 'leases/a');

/** A lease as another holder left it. */
function heldBy(path: string, holder: object): void {
  rmSync(path, { recursive: true, force: true });
  writeLease(path, JSON.stringify({ ...thisProcess(), ...holder }));
}

function writeLease(path: string, text: string): void {
  writeFiles(dirname(path), { [basename(path)]: text });
}

/**
 * Wants the lease and looks on for at most so long, by a clock that jumps; answers how long it
 * took, if it got it.
 */
async function secondsUntilFree(
  path: string,
  atMost: number,
  meanwhile = () => {},
): Promise<number | undefined> {
  let passed = 0;
  const enough = new AbortController();
  const pause = async (milliseconds: number): Promise<void> => {
    passed += milliseconds / 1000;
    meanwhile();
    if (passed > atMost) enough.abort();
  };
  try {
    (await Lease.acquire(path, enough.signal, undefined, pause)).release();
    return passed;
  } catch (error) {
    assert.equal(error, enough.signal.reason);
    return undefined;
  }
}

test('one process holds a lease; another learns who, and gets it once it is released', async (t) => {
  const path = leaseIn(t);
  const first = await Lease.acquire(path);
  const waited: string[] = [];
  await using _second = await Lease.acquire(path, undefined, (holder) => {
    waited.push(holder);
    first.release();
  });
  const { pid, host } = thisProcess();
  assert.deepEqual(waited, [`process ${pid} on ${host}`]);
});

test('of many that want a lease at once, one has it at a time', async (t) => {
  const path = leaseIn(t);
  let holders = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 10 }, async () => {
      await using _lease = await Lease.acquire(path);
      holders += 1;
      most = Math.max(most, holders);
      await new Promise(setImmediate);
      holders -= 1;
    }),
  );
  assert.equal(most, 1);
  assert.deepEqual(readdirSync(join(path, '..')), []);
});

test('a holder that lost its lease leaves the lease that another one of the same process took since', async (t) => {
  const path = leaseIn(t);
  const lost = await Lease.acquire(path);
  rmSync(path);
  await using _present = await Lease.acquire(path);
  lost.release();
  assert.ok(existsSync(path));
});

test('a living holder keeps its lease, however long it has not renewed it', async (t) => {
  const path = leaseIn(t);
  await using _lease = await Lease.acquire(path);
  utimesSync(path, 0, 0);
  assert.equal(await secondsUntilFree(path, 1000), process.platform === 'linux' ? undefined : 180);
});

test('nobody waits for the lease of a dead process', async (t) => {
  const path = leaseIn(t);
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  heldBy(path, { pid });
  assert.equal(await secondsUntilFree(path, 0), 0);
});

const onLinux = { skip: process.platform !== 'linux' && 'needs /proc' };

test(
  'nobody waits for a process whose number another one has now, or for a zombie',
  onLinux,
  async (t) => {
    const path = leaseIn(t);
    heldBy(path, { started: 'an earlier process with our number' });
    assert.equal(await secondsUntilFree(path, 0), 0);

    // A shell that becomes a sleeper never asks about the child that it had, once it is one: the
    // shell itself might.
    const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60']);
    t.after(() => parent.kill());
    const pid = Number(String((await once(parent.stdout, 'data'))[0]));
    const stat = (of = pid) => readFileSync(`/proc/${of}/stat`, 'utf8').split(' ');
    while (stat(parent.pid)[1] !== '(sleep)') await new Promise(setImmediate);
    process.kill(pid, 'SIGKILL');
    while (stat()[2] !== 'Z') await new Promise(setImmediate);
    heldBy(path, { pid, started: stat()[21] });
    assert.equal(await secondsUntilFree(path, 0), 0);
  },
);

test('a holder on another machine keeps its lease while it renews it, by whatever clock, and no longer', async (t) => {
  const path = leaseIn(t);
  const elsewhere = [{ host: 'elsewhere' }, { space: 'a container with the name of our host' }];
  for (const where of elsewhere) {
    heldBy(path, { ...where, pid: 2 ** 30 });
    let time = 1;
    let looks = 0;
    const renewing = () => {
      looks += 1;
      if (looks % 200 === 0) utimesSync(path, time, time++);
    };
    assert.equal(await secondsUntilFree(path, 1000, renewing), undefined);
    const seconds = await secondsUntilFree(path, 1000);
    assert.ok(seconds !== undefined && seconds >= 180 && seconds < 181, `${seconds}`);
  }
});

test('a damaged lease is taken over, unless it is renewed', async (t) => {
  const path = leaseIn(t);
  const damaged = [
    '',
    '{"pi',
    'null',
    '7',
    '{}',
    '{"pid":0,"host":"here"}',
    '{"pid":"x"}',
    '\0\0\0\0',
  ];
  for (const text of damaged) {
    writeLease(path, text);
    assert.ok(((await secondsUntilFree(path, 1000)) ?? 0) >= 180, text);
  }
  writeFiles(path, { 'theirs.json': '{}', 'folder/deep': 'as earlier versions left leases' });
  assert.ok(((await secondsUntilFree(path, 1000)) ?? 0) >= 180, 'a folder');
  writeLease(path, '');
  let time = 1;
  assert.equal(await secondsUntilFree(path, 1000, () => utimesSync(path, time, time++)), undefined);
});

test('wherever a process is killed while it takes or releases a lease, alone or beside others, the next one gets it at once', async (t) => {
  const path = leaseIn(t);
  const beside = join(dirname(path), 'b');
  const code = `
    import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    let left = Number(process.argv[1]);
    for (const name of ['mkdirSync', 'writeFileSync', 'linkSync', 'renameSync', 'rmSync', 'unlinkSync', 'utimesSync']) {
      const call = fs[name];
      fs[name] = (...args) => {
        if ((left -= 1) === 0) process.kill(process.pid, 'SIGKILL');
        return call(...args);
      };
    }
    syncBuiltinESMExports();
    const { Lease } = await import(${JSON.stringify(new URL('lease.ts', import.meta.url).href)});
    const first = await Lease.acquire(${JSON.stringify(path)});
    const second = await Lease.acquire(${JSON.stringify(beside)});
    first.release();
    second.release();
  `;
  const run = (n: number) =>
    spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code, String(n)]);
  let kills = 0;
  for (; run(kills + 1).signal === 'SIGKILL'; kills += 1) {
    for (const lease of [path, beside])
      assert.equal(await secondsUntilFree(lease, 0), 0, `killed at call ${kills + 1}`);
  }
  assert.ok(kills >= 7, `${kills}`); // one more where `rmSync` calls `unlinkSync`, as in Node 20
});

test('leases that a process holds at once are names of one file, and end one by one', async (t) => {
  const path = leaseIn(t);
  const beside = join(dirname(path), 'b');
  const first = await Lease.acquire(path);
  utimesSync(path, 0, 0);
  const second = await Lease.acquire(beside);
  assert.equal(statSync(beside).ino, statSync(path).ino);
  assert.ok(statSync(beside).mtimeMs > 0, 'it counts as renewed');
  first.release();
  assert.deepEqual(readdirSync(dirname(path)), ['b']);
  assert.equal(readFileSync(beside, 'utf8'), JSON.stringify(thisProcess()));
  second.release();
  assert.deepEqual(readdirSync(dirname(path)), []);
});

test('a lease is never made of one that another process has taken over, or that is gone', async (t) => {
  const path = leaseIn(t);
  const beside = join(dirname(path), 'b');
  await using _lost = await Lease.acquire(path);
  heldBy(path, { host: 'elsewhere' });
  const second = await Lease.acquire(beside);
  assert.equal(readFileSync(beside, 'utf8'), JSON.stringify(thisProcess()));
  second.release();
  rmSync(path);
  await using _third = await Lease.acquire(beside);
  assert.equal(readFileSync(beside, 'utf8'), JSON.stringify(thisProcess()));
});

test('a lease is ours although the disk says that it was there before, as NFS may', async (t) => {
  const path = leaseIn(t);
  const beside = join(dirname(path), 'b');
  await using _first = await Lease.acquire(path);
  const link = t.mock.method(fs, 'linkSync', (from: string, to: string) => {
    link.mock.restore();
    syncBuiltinESMExports();
    fs.linkSync(from, to);
    fs.linkSync(from, to);
  });
  syncBuiltinESMExports();
  assert.equal(await secondsUntilFree(beside, 0), 0);
});

test('a holder that lost its lease while asleep leaves the new one alone, and so does a process overtaken by a faster one', async (t) => {
  const path = leaseIn(t);
  const slow = await Lease.acquire(path);
  heldBy(path, { host: 'elsewhere' });
  slow.release();
  assert.equal(JSON.parse(readFileSync(path, 'utf8')).host, 'elsewhere');

  heldBy(path, { pid: 2 ** 30 });
  const rename = t.mock.method(fs, 'renameSync', (from: string, to: string) => {
    rename.mock.restore();
    syncBuiltinESMExports();
    heldBy(path, { host: 'faster' });
    fs.renameSync(from, to);
  });
  syncBuiltinESMExports();
  assert.equal(await secondsUntilFree(path, 1), undefined);
  assert.equal(JSON.parse(readFileSync(path, 'utf8')).host, 'faster');
  assert.deepEqual(readdirSync(join(path, '..')), [basename(path)]);
});

const asRoot = { skip: process.getuid?.() !== 0 && 'only root can mount a disk' };

test(
  'a full disk is reported, leaves no half-written lease, and blocks nobody once there is space',
  asRoot,
  async (t) => {
    const disk = temporaryFolder(t);
    // The file system has room for itself and `leases` only.
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'nr_inodes=2', 'tmpfs', disk]);
    try {
      const path = join(disk, 'leases/a');
      await assert.rejects(Lease.acquire(path), {
        name: 'WriteError',
        message: `Cannot write the lease ${path}: the disk is full. Free some space and run again; nothing is lost. \`restage gc --yes --keep 1h\` removes earlier results and what killed runs left.`,
      });
      assert.deepEqual(readdirSync(join(disk, 'leases')), []);
      execFileSync('mount', ['-o', 'remount,nr_inodes=9', disk]);
      assert.equal(await secondsUntilFree(path, 0), 0);
    } finally {
      execFileSync('umount', [disk]);
    }
  },
);

test('waiting ends with the signal, and with its reason', async (t) => {
  const path = leaseIn(t);
  await using _lease = await Lease.acquire(path);
  const interrupt = new AbortController();
  const waiting = Lease.acquire(path, interrupt.signal, () =>
    interrupt.abort(new Error('interrupted')),
  );
  await assert.rejects(waiting, { message: 'interrupted' });
});
