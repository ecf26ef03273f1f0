import assert from 'node:assert/strict';
import { availableParallelism, totalmem } from 'node:os';
import { test } from 'node:test';
import { temporaryFolder, writeFiles } from '../../../test/support/temporary-folder.ts';
import { cacheMemory, coresWithin, usableCores, usableMemory } from './machine-limits.ts';

test('a container has as many whole cores as its quota, or one above it, lets it use at once', (t) => {
  const cores = (groups: string, files: Record<string, string>): number => {
    const folder = temporaryFolder(t);
    writeFiles(folder, { self: groups, ...files });
    return coresWithin(64, `${folder}/self`, `${folder}/cgroup`);
  };
  const within = (quota: string): number => cores('0::/\n', { 'cgroup/cpu.max': quota });
  assert.equal(within('400000 100000\n'), 4);
  assert.equal(within('250000 100000\n'), 2, 'a third thread would have the others wait');
  assert.equal(within('50000 100000\n'), 1);
  assert.equal(within('max 100000\n'), 64);
  assert.equal(within('9900000 100000\n'), 64);
  assert.equal(within('nonsense'), 64);
  const nested = {
    'cgroup/job/cpu.max': '800000 100000\n',
    'cgroup/job/task/cpu.max': 'max 100000\n',
  };
  assert.equal(cores('3:cpu:/other\n0::/job/task\n', nested), 8);
  assert.equal(cores('3:cpu:/other\n', {}), 64);
  assert.equal(coresWithin(64, '/nowhere/self', '/nowhere'), 64);
});

test('this machine has a core to use', () => {
  assert.ok(usableCores() >= 1 && usableCores() <= availableParallelism());
});

test('a container has no more memory than it is allowed, nor than there is', () => {
  const GiB = 2 ** 30;
  assert.equal(usableMemory(64 * GiB, 4 * GiB), 4 * GiB);
  assert.equal(
    usableMemory(64 * GiB, 2 ** 64),
    64 * GiB,
    'what Linux says where there is no limit',
  );
  assert.equal(usableMemory(64 * GiB, 0), 64 * GiB, 'what Node says where it does not know');
  assert.ok(usableMemory() > 2 ** 26 && usableMemory() <= totalmem());
});

test('two stages with a core each hold half as much in their caches as one with both cores', () => {
  const GiB = 2 ** 30;
  assert.equal(cacheMemory(2, 2, 16 * GiB), 4 * GiB);
  assert.equal(cacheMemory(1, 2, 16 * GiB), 2 * GiB);
  assert.equal(cacheMemory(3, 2, 16 * GiB), 4 * GiB);
});
