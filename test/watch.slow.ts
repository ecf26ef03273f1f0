import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ownKind } from './support/own-kind.ts';
import { Project } from './support/rig.ts';

const interruptAtEnd = fileURLToPath(new URL('support/interrupt-at-end.mjs', import.meta.url));

const yaml = (word: string) => `stages:
  one:
    kind: command
    inputs: { data: ./data.txt }
    outputs: { out: artifacts/test/one.txt }
    with: { run: "echo ${word} && cat \${inputs.data} && cat \${inputs.data} > \${outputs.out}" }
`;

test('a watched pipeline runs again when its file or an input has changed, and survives mistakes in its file', async () => {
  using project = new Project(yaml('first'), { 'data.txt': 'data-1\n' });
  const running = project.startRun('--watch');
  await running.output('one', 'first');
  project.write('pipelines/test.yaml', yaml('second'));
  await running.output('one', 'second');
  project.write('data.txt', 'data-2\n');
  await running.output('one', 'data-2');
  project.write('pipelines/test.yaml', 'stages: [');
  project.write('pipelines/test.yaml', yaml('third'));
  await running.output('one', 'third');
  running.child.kill('SIGINT');
  const { code, stderr } = await running.ended;
  assert.ok(code === 0 || code === 130, String(code)); // it may still have been running
  assert.match(stderr, /Waiting for a change\. Ctrl-C ends it\./);
});

test('a watched pipeline runs again when a file that it extends or includes, or code that a stage imports, has changed', async () => {
  const say = (word: string) => `params: { word: ${word} }\nstages: {}\n`;
  const included = (word: string) =>
    `stages: { say: { kind: command, with: { run: 'echo ${word}' } } }\n`;
  const word = (text: string) => `export const word = '${text}';\n`;
  using project = new Project(
    `extends: base.yaml
include: { other: other.yaml }
stages:
  said: { kind: command, with: { run: 'echo \${params.word}' } }
  mine: { kind: mine }
  program: { kind: python, inputs: { program: ./say.py } }
`,
    {
      'pipelines/base.yaml': say('base-1'),
      'pipelines/other.yaml': included('other-1'),
      ...ownKind('mine', 'context.log(word);'),
      'stages/mine/word.ts': word('mine-1'),
      'say.py': 'import words\nprint(words.word)\n',
      'words.py': "word = 'python-1'\n",
    },
  );
  project.edit('stages/mine/run.ts', 'import {', "import { word } from './word.ts';\nimport {");
  const running = project.startRun('--watch');
  const changes = [
    ['said', 'base-2', 'pipelines/base.yaml', say('base-2')],
    ['other/say', 'other-2', 'pipelines/other.yaml', included('other-2')],
    ['mine', 'mine-2', 'stages/mine/word.ts', word('mine-2')],
    ['program', 'python-2', 'words.py', "word = 'python-2'\n"],
  ] as const;
  for (const [index, [stage, text, file, content]] of changes.entries()) {
    await running.printed('Waiting for a change', index + 1);
    project.write(file, content);
    await running.output(stage, text);
  }
  running.child.kill('SIGINT');
  await running.ended;
});

test('a watched pipeline runs again when a pattern matches a new file, also in a new folder', async () => {
  const listing = (pattern: string) => `stages:
  one:
    kind: command
    inputs: { data: '${pattern}' }
    outputs: { out: artifacts/test/one.txt }
    with: { run: "for file in \${inputs.data}; do cat $file; done | tee \${outputs.out}" }
`;
  for (const [pattern, file, otherFile] of [
    ['data/*', 'data/b.txt', 'data/sub/c.txt'],
    ['data/**/*.txt', 'data/new/sub/b.txt', 'data/new/b.csv'],
  ] as const) {
    using project = new Project(listing(pattern), { 'data/a.txt': 'first\n' });
    const running = project.startRun('--watch');
    await running.output('one', 'first');
    await running.printed('Waiting for a change');
    project.write(otherFile, 'other\n');
    project.write(file, 'second\n');
    await running.output('one', 'second');
    await running.printed('Waiting for a change', 2);
    running.child.kill('SIGINT');
    assert.equal((await running.ended).code, 0);
    assert.equal(project.read('artifacts/test/one.txt'), 'first\nsecond\n');
    assert.equal(running.events.filter(({ type }) => type === 'run-started').length, 2);
  }
});

test('a watched pipeline runs when code that cannot be read is mended, wherever it lies', async () => {
  using project = new Project(
    `stages:
  module: { kind: python, with: { module: pkg.say } }
  program: { kind: python, inputs: { program: ./say.py } }
`,
    {
      'pkg/__init__.py': '',
      'pkg/say.py': "print('module-1'\n",
      'say.py': 'import words\nprint(words.word)\n',
      'words.py': "word = 'program-1\n",
    },
  );
  const running = project.startRun('--watch');
  await running.printed('Waiting for a change');
  project.write('pkg/say.py', "print('module-2')\n");
  // The other program is still broken.
  await running.printed('Waiting for a change', 2);
  project.write('words.py', "word = 'program-2'\n");
  await running.output('module', 'module-2');
  await running.output('program', 'program-2');
  running.child.kill('SIGINT');
  await running.ended;
});

test('an input that is missing at the start of a watch runs the pipeline when it comes', async () => {
  for (const [input, file] of [
    ['./data.txt', 'data.txt'],
    ['data/*.txt', 'data/a.txt'],
  ] as const) {
    using project = new Project(yaml('first').replace('./data.txt', `'${input}'`));
    const running = project.startRun('--watch');
    await running.printed('Waiting for a change');
    project.write(file, 'data-1\n');
    await running.output('one', 'data-1');
    running.child.kill('SIGINT');
    const { stderr } = await running.ended;
    assert.match(stderr, /^pipelines\/test\.yaml:.* error: (There is no file|No file matches)/);
  }
});

test('a watch of a pipeline that does not exist ends at once', async () => {
  using project = new Project(yaml('first'), { 'data.txt': '' });
  const { code, stderr } = await project.command('run', '--watch', 'nothing.yaml');
  assert.equal(code, 1);
  assert.match(stderr, /^error: There is no pipeline "nothing\.yaml"(?![\s\S]*Waiting)/);
});

test('with --interrupt, a change during a run stops the run', async () => {
  const waiting = (word: string) => yaml(word).replace('cat', 'read _ < gate && cat');
  using project = new Project(waiting('first'), { 'data.txt': 'data-1\n' });
  const gate = project.gate('gate');
  const running = project.startRun('--watch', '--interrupt');
  await running.output('one', 'first');
  project.write('pipelines/test.yaml', waiting('second'));
  const ended = await running.event('stage-finished', 'one');
  assert.equal(ended.outcome, 'cancelled');
  await running.output('one', 'second');
  gate.pass();
  await running.output('one', 'data-1');
  running.child.kill('SIGINT');
  await running.ended;
});

test('Ctrl-C at the very end of a run ends the watch', async () => {
  using project = new Project(yaml('first'), { 'data.txt': 'data-1\n' });
  project.env['NODE_OPTIONS'] = `--import ${interruptAtEnd}`;
  const running = project.startRun('--watch');
  await running.event('run-finished');
  project.write('data.txt', 'data-2\n');
  const { code, stderr } = await running.ended;
  assert.equal(code, 0, stderr);
});

test('a watch that was stopped by a failure goes on with the next change, and Ctrl-C while it waits ends it', async () => {
  using project = new Project(yaml('first'), { 'data.txt': '' });
  project.edit('pipelines/test.yaml', 'echo first', '[ -s data.txt ] || exit 3; echo first');
  const running = project.startRun('--watch', '--fail-fast');
  assert.equal((await running.event('stage-finished', 'one')).outcome, 'failed');
  await running.printed('Waiting for a change');
  project.write('data.txt', 'data-1\n');
  await running.output('one', 'data-1');
  await running.printed('Waiting for a change', 2);
  running.child.kill('SIGINT');
  assert.equal((await running.ended).code, 0);
});

test('options that need --watch, and --host without --token, are wrong usage', async () => {
  using project = new Project(yaml('first'), { 'data.txt': '' });
  const { code, stderr } = await project.command('run', '--interrupt');
  assert.deepEqual([code, stderr], [2, 'error: --interrupt and --serve go with --watch\n']);
  assert.match(
    (await project.command('serve', '--host', '0.0.0.0')).stderr,
    /^error: --host lets others reach this server, unencrypted/,
  );
});
