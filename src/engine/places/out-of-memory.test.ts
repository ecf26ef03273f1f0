import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryFolder, writeFiles } from '../../../test/support/temporary-folder.ts';
import { neededMemory, PeakMemory, watchMemory } from './out-of-memory.ts';

test('a process that the kernel has killed for lack of memory is counted in the cgroup of the job, of version 1 or 2', (t) => {
  for (const [group, file] of [
    ['4:cpu,memory:/job', 'sys/fs/cgroup/memory/job/memory.oom_control'],
    ['0::/job', 'sys/fs/cgroup/job/memory.events'],
  ] as const) {
    const groups = { 'proc/self/cgroup': `9:name=systemd:/\n${group}\n` };
    const root = writeFiles(temporaryFolder(t), { ...groups, [file]: 'oom 1\noom_kill 1\n' });
    const isOutOfMemory = watchMemory(`${root}/log`, root);
    assert.equal(isOutOfMemory(), false);
    writeFiles(root, { [file]: 'oom 2\noom_kill 2\n' });
    assert.equal(isOutOfMemory(), true);
  }
});

test('the peak of memory outlives what was held', () => {
  using peak = new PeakMemory();
  const before = peak.look();
  // Earlier tests of this process may have held more than it holds now.
  Buffer.alloc(Math.max(0, before - process.memoryUsage().rss) + (1 << 27), 1);
  assert.ok(peak.look() >= before + (1 << 26) && before > 1 << 24);
});

test('a job asks for the measured peak and a tenth more, in eighths of what was given, and never for what was too little', () => {
  const asked = [0, 390, 400, 500, 799, 900].map((peak) => neededMemory(peak, 800));
  assert.deepEqual(asked, [500, 500, 500, 600, 800, 800]);
});
