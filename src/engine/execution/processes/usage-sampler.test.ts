import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readUsage, UsageSampler } from './usage-sampler.ts';

const skip = process.platform === 'linux' ? false : 'only Linux tells what processes use';

test('a look at four stages takes less than 5 ms of the processor: half a per cent of a core', {
  skip,
}, () => {
  const sampler = new UsageSampler('/dev/null');
  const ends = ['a', 'b', 'c', 'd'].map((stage) => sampler.watch(stage, process.pid));
  const looks = 100;
  sampler.sample();
  const before = process.cpuUsage();
  for (let look = 0; look < looks; look++) sampler.sample();
  const { user, system } = process.cpuUsage(before);
  const milliseconds = (user + system) / 1000 / looks;
  for (const end of ends) end();
  assert.ok(milliseconds < 5, `${milliseconds} ms`);
  assert.deepEqual(sampler.sample().stages, {}, 'stages that have ended are not looked at');
});

test('what a process starts counts as its own, and one that waits keeps no core busy', {
  skip,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'restage-usage-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'usage.jsonl');
  const sampler = new UsageSampler(path);
  const node = JSON.stringify(process.execPath);
  const begin = (script: string) => {
    const child = spawn('/bin/sh', ['-c', `${node} -e '${script}'; true`], { detached: true });
    t.after(() => child.pid && process.kill(-child.pid, 'SIGKILL'));
    return child;
  };
  const busy = begin('console.log(1); for (;;);');
  const idle = begin('console.log(1); setInterval(() => {}, 1e6);');
  await Promise.all([busy, idle].map(({ stdout }) => once(stdout!, 'data')));
  const ends = [sampler.watch('busy', busy.pid!), sampler.watch('idle', idle.pid!)];
  let seen = readUsage(path);
  while (!seen.some(({ stages }) => (stages['busy']?.[0] ?? 0) > 0)) {
    await once(busy.stdout!, 'never', { signal: AbortSignal.timeout(200) }).catch(() => {});
    seen = readUsage(path);
  }
  for (const end of ends) end();
  const { busy: one, idle: other } = seen.at(-1)!.stages;
  assert.ok(one![0] > other![0], `${one} and ${other}`);
  assert.ok(one![1] > 20e6, 'the memory of the program, and not of its shell alone');
});
