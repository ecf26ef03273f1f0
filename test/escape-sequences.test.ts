import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Project } from './support/rig.ts';

/** Clears the screen, sets the clipboard and the title, rings, and writes over the line. */
const hostile = String.raw`\u001b[2J\u001b]52;c;c3VkbyBybQ==\u0007\u009b31m\u001b]0;a title\u001b\\overwritten\rshown\u0007`;
const yaml = `stages:
  say: { kind: say, outputs: { text: out/say.txt } }
  fail: { kind: command, with: { run: "printf '%b' '\\\\033[2J\\\\033]52;c;eA==\\\\007printed\\\\rover\\\\n'; exit 3" } }
`;
const files = {
  'stages/say/spec.ts': `
import { defineKind } from 'restage';
import { z } from 'zod';
export const spec = defineKind({
  name: 'say', version: 1, summary: 'Says what a terminal obeys.',
  settings: z.strictObject({}), inputs: {},
  outputs: { text: { type: 'files', summary: 'Nothing.', extension: '.txt' } },
  example: 'say: { kind: say }',
});
`,
  'stages/say/run.ts': `
import { writeFileSync } from 'node:fs';
const text = \`${hostile}\`;
export default async function run(context: any): Promise<void> {
  context.log('logged ' + text);
  context.info('told ' + text);
  context.warn('warned ' + text);
  context.progress({ done: 1, total: 2, unit: 'lines', note: 'noted ' + text });
  context.highlight({ title: 'Title ' + text, columns: ['column ' + text], rows: [['cell ' + text]] });
  context.note('fact ' + text, 'value ' + text);
  writeFileSync(context.output('text'), 'x');
}
`,
};

/** What a terminal would obey in a text, beyond the few codes with which Restage draws a live run; null: nothing. */
const obeyed = (text: string) => text.replaceAll(/\r?\p{Cc}\[(\?25[lh]|K|J|\d+A)/gu, '').match(/[^\P{Cc}\n\t]/gu);

test('no escape sequence that a stage sends or prints reaches the terminal or the report', async () => {
  using project = new Project(yaml, files);
  const live = await project.command('run', 'test.yaml', '--reporter', 'live');
  assert.equal(obeyed(live.stdout), null, JSON.stringify(live.stdout));
  for (const text of [
    '· say: told overwritten\nshown\n',
    '! say: warned overwritten\nshown\n',
    'Title overwritten\nshown (say)\n  column overwritten shown\n  cell overwritten shown\n',
    '  │ printed\n  │ over\n',
  ]) {
    assert.ok(live.stdout.includes(text), `no ${JSON.stringify(text)} in ${live.stdout}`);
  }
  const report = project.read('artifacts/test/report.html');
  assert.equal(report.match(/[^\P{Cc}\n\t]/gu), null);
  for (const text of ['warned overwritten', 'value overwritten', 'logged overwritten', 'cell overwritten']) {
    assert.ok(report.includes(text), text);
  }
  assert.ok(!/\]52;c;c3Vk|a title/.test(report));

  project.remove('out');
  const plain = await project.command('run', 'test.yaml', 'say', '--reporter', 'plain');
  assert.match(plain.stdout, /✓ say: restored/);
  assert.equal(obeyed(plain.stdout), null);
  assert.match(plain.stdout, /cell overwritten shown/);
});

test('logs leaves out escape sequences, unless --raw asks for them', async () => {
  using project = new Project(yaml, files);
  await project.command('run', 'test.yaml');
  const logs = await project.command('logs', 'test.yaml');
  assert.equal(obeyed(logs.stdout), null);
  assert.match(logs.stdout, /told overwritten\nshown\nwarning: warned overwritten\nshown\n/);
  const raw = await project.command('logs', 'test.yaml', '--raw');
  assert.ok(raw.stdout.includes('\u001b[2J\u001b]52;c;eA==\u0007printed\rover\n'));
});
