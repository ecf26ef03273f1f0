import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const torture = fileURLToPath(new URL('torture/torture.ts', import.meta.url));

test('a twentieth of the torture breaks no promise', () => {
  const argv = ['--import', 'tsx', torture, '--scale', '0.05'];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, / 10 kills of commands: 0 broken promises/);
});
