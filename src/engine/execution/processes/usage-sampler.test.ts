import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '../../../../test/support/until.ts';
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

test('the graphics cards of a stage count, by what nvidia-smi says once a second, and it ends with the stages', {
  skip,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'restage-gpus-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const script = `#!/bin/sh
echo $$ > ${folder}/pid
case "$*" in *index,uuid,utilization.gpu,memory.used*--loop=1*) ;; *) exit 1 ;; esac
while echo '0, GPU-aa11, 90, 1024' && echo '1, GPU-bb22, 30, 512' && echo '2, GPU-cc33, [N/A], [N/A]'
do sleep 0.1; done
`;
  writeFileSync(join(folder, 'nvidia-smi'), script, { mode: 0o755 });
  const env = { ...process.env, PATH: `${folder}:${process.env['PATH']}` };
  const sampler = new UsageSampler('/dev/null', env);
  const ends = [
    sampler.watch('first', process.pid, ['0']),
    sampler.watch('second', process.pid, ['GPU-bb']),
    sampler.watch('none', process.pid, []),
    sampler.watch('silent', process.pid, ['2']),
  ];
  await until(() => sampler.sample().stages['first']?.[2] !== undefined);
  const { first, second, none, silent } = sampler.sample().stages;
  assert.deepEqual(first!.slice(2), [0.9, 2 ** 30]);
  assert.deepEqual(second!.slice(2), [0.3, 2 ** 29]);
  assert.deepEqual(none!.slice(2), [1.2, 2 ** 30 + 2 ** 29], 'without cards of its own, all');
  assert.equal(silent!.length, 2, 'a card that does not tell is not known');
  const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
  for (const end of ends) end();
  await until(() => !existsSync(`/proc/${pid}`));
});

test('without nvidia-smi nothing is said of graphics cards', { skip }, async () => {
  const sampler = new UsageSampler('/dev/null', { PATH: '/nowhere' });
  const end = sampler.watch('only', process.pid);
  await new Promise((passed) => setImmediate(passed));
  assert.equal(sampler.sample().stages['only']!.length, 2);
  end();
});
