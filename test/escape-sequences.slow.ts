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
  context.highlight({ title: 'Title ' + text, columns: ['column ' + text], rows: [['cell ' + text]], conclusion: 'end ' + text });
  context.note('fact ' + text, 'value ' + text);
  writeFileSync(context.output('text'), 'x');
}
`,
};

/**
 * What a terminal would obey in a text, beyond the few codes with which Restage draws a live run;
 * null: nothing.
 */
const obeyed = (text: string) =>
  text.replaceAll(/\r?\p{Cc}\[(\?25[lh]|K|J|\d+A)/gu, '').match(/[^\P{Cc}\n\t]/gu);

test('no escape sequence that a stage sends or prints reaches the terminal or the report', async () => {
  using project = new Project(yaml, files);
  const live = await project.command('run', 'test.yaml', '--reporter', 'live');
  assert.equal(obeyed(live.stdout), null, JSON.stringify(live.stdout));
  for (const text of [
    '· say: told overwritten\nshown\n',
    '! say: warned overwritten\nshown\n',
    'Title overwritten\nshown (say)\n  column overwritten shown\n  cell overwritten shown\n  end overwritten',
    '  │ printed\n  │ over\n',
  ]) {
    assert.ok(live.stdout.includes(text), `no ${JSON.stringify(text)} in ${live.stdout}`);
  }
  const report = project.read('artifacts/test/report.html');
  assert.equal(report.match(/[^\P{Cc}\n\t]/gu), null);
  for (const text of [
    'warned overwritten',
    'value overwritten',
    'logged overwritten',
    'cell overwritten',
  ]) {
    assert.ok(report.includes(text), text);
  }
  assert.ok(!/\]52;c;c3Vk|a title/.test(report));

  project.remove('out');
  const plain = await project.command('run', 'test.yaml', 'say', '--reporter', 'plain');
  assert.match(plain.stdout, /✓ say: restored/);
  assert.equal(obeyed(plain.stdout), null);
  assert.match(plain.stdout, /cell overwritten shown/);
});

/**
 * A text that acts on a terminal, in 7 and 8 bits, and one that reads as another: `exe.fdp` as
 * `pdf.exe`.
 */
const deceiving = 'a\u001b[2Jb\u009b2Jc \u202efdp.exe\u2066 \u200eשלום';
/** The same text within quotes in YAML. */
const inYaml = deceiving.replace('\u001b', '\\e').replace('\u009b', '\\x9b');
const notShown = /[^\P{Cc}\n\t]|\p{Bidi_Control}/gu;

test('no command prints what controls a terminal or turns a text, wherever it comes from; letters of any script show', async () => {
  using project = new Project(
    `description: "${inYaml}"
params: { word: "${inYaml}" }
stages:
  say:
    kind: command
    inputs: { file: "./names/\u202efdp.txt" }
    outputs: { text: "out/\u2066שלום.txt" }
    with: { run: "echo \${params.word}; cat \${inputs.file} > \${outputs.text}" }
`,
    { 'names/\u202efdp.txt': deceiving },
  );
  const printed: string[] = [];
  const quiet = async (...words: readonly string[]) => {
    for (const colours of ['0', '1']) {
      project.env['FORCE_COLOR'] = colours;
      const { stdout, stderr } = await project.command(...words);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: a style begins with one
      const text = `${stdout}${stderr}`.replace(colours === '1' ? /\u001b\[[1-9]\d?m/g : '', '');
      assert.equal(text.match(notShown), null, `${words.join(' ')}: ${JSON.stringify(text)}`);
      printed.push(text);
    }
  };
  await quiet('plan', 'test.yaml');
  for (const reporter of ['plain', 'json'])
    await quiet('run', 'test.yaml', '--force', '--reporter', reporter);
  project.edit('pipelines/test.yaml', 'params: { word: "', 'params: { word: "other ');
  await quiet('explain', 'test.yaml');
  await quiet('explain', 'test.yaml', '--json');
  await quiet('run', 'test.yaml');
  for (const command of ['history', 'logs', 'graph', 'verify', 'clean', 'doctor', 'jobs', 'places'])
    await quiet(command);
  await quiet('history', '--json');
  await quiet('run', `${deceiving}.yaml`);
  await quiet(deceiving);
  await quiet('run', `--${deceiving}`);
  await quiet('import', deceiving);
  await quiet('store', 'init', `s3://${deceiving}`);
  assert.ok(printed.some((text) => text.includes('fdp.exe שלום')));

  project.env['FORCE_COLOR'] = '0';
  const { stdout } = await project.command('explain', 'test.yaml', '--json');
  const [{ fingerprint }] = JSON.parse(stdout) as [{ fingerprint: { settings: { run: string } } }];
  assert.ok(fingerprint.settings.run.includes(deceiving.slice(1)), 'JSON loses nothing');
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
