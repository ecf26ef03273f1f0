import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { importSpec } from './import-spec.ts';

/** Runs code in a process that has imported a spec. */
function afterImport(code: string) {
  const importing = `
import { importSpec } from ${JSON.stringify(new URL('./import-spec.ts', import.meta.url).href)};
const { exports } = await importSpec('odd', 'data:text/javascript,export const spec = 1;', console.error);
${code}`;
  return spawnSync(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', importing],
    {
      encoding: 'utf8',
    },
  );
}

for (const [what, code, shown] of [
  [
    'an error',
    "setTimeout(() => { throw new TypeError('a bug'); }, 0);",
    /^TypeError: a bug\n {4}at /m,
  ],
  ['a rejected promise', "Promise.reject(new TypeError('a bug'));", /^TypeError: a bug\n {4}at /m],
  [
    'a promise rejected with no error',
    "Promise.reject('a bug');",
    /rejected with the reason "a bug"/,
  ],
] as const) {
  test(`${what} of our own ends the process with its stack, though the errors of specs are taken`, () => {
    const { status, stderr } = afterImport(
      `${code} setTimeout(() => console.log('goes on'), 60_000);`,
    );
    assert.equal(status, 1);
    assert.match(stderr, shown);
  });
}

test('a spec that waits for ever at its top level is given up, also where the program goes on', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const waiting = 'data:text/javascript,await new Promise(() => {}); export const spec = 1;';
  const program = setInterval(() => {}, 1_000); // as a server that uses the library
  try {
    const importing = importSpec('odd', waiting, assert.fail);
    t.mock.timers.tick(60_000);
    await assert.rejects(importing, {
      message: 'its spec waits at top level for something that never comes',
    });
  } finally {
    clearInterval(program);
  }
});
