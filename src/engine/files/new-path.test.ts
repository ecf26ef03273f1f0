import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { makeFolder } from './new-path.ts';

test('a folder is whole or absent, as open as any other, and what a killed process left is removed', async (t) => {
  const root = temporaryFolder(t);
  const made = join(root, 'crate');
  const module = JSON.stringify(new URL('./new-path.ts', import.meta.url).href);
  const killed = `const { makeFolder } = await import(${module});
    await makeFolder(${JSON.stringify(made)}, async (folder) => {
      (await import('node:fs')).writeFileSync(folder + '/half', '');
      process.kill(process.pid, 'SIGKILL');
    });`;
  const { signal } = spawnSync(process.execPath, [
    '--import',
    'tsx',
    '--input-type=module',
    '-e',
    killed,
  ]);
  assert.equal(signal, 'SIGKILL');
  assert.equal(readdirSync(root).length, 1);
  await makeFolder(made, async (folder) => writeFileSync(join(folder, 'whole'), ''));
  assert.deepEqual(readdirSync(root), ['crate']);
  assert.deepEqual(readdirSync(made), ['whole']);
  assert.equal(statSync(made).mode & 0o777, 0o777 & ~process.umask());
  await assert.rejects(
    makeFolder(join(root, 'other'), async () => {
      throw new Error('full');
    }),
    /full/,
  );
  assert.deepEqual(readdirSync(root), ['crate']);
});
