import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HostedProject as Project } from './support/hosted-project.ts';

const yaml = `
stages:
  same: { kind: command, outputs: { text: out/same }, with: { run: "echo text > \${outputs.text}" } }
  chance:
    kind: command
    inputs: { text: same.text }
    outputs: { folder: out/chance, text: out/steady }
    with:
      run: |
        mkdir \${outputs.folder}
        cp \${inputs.text} \${outputs.folder}/steady
        cp \${inputs.text} \${outputs.text}
        head -c 16 /dev/urandom > \${outputs.folder}/chance
        touch \${outputs.folder}/$(od -An -N8 -tx8 /dev/urandom | tr -d ' ')
  once: { kind: command, outputs: { text: out/once }, with: { run: "mkdir taken; echo text > \${outputs.text}" } }
`;

test('--twice runs every stage twice, names the files that differ, and keeps the first result', async () => {
  using project = new Project(yaml);
  const { code, outcomes, events, warnings } = await project.run('--twice');
  assert.deepEqual([code, outcomes], [1, { same: 'ran', chance: 'ran', once: 'ran' }]);
  const infos = events.flatMap((event) =>
    event.type === 'info' ? [[event.stage, event.message]] : [],
  );
  assert.deepEqual(infos, [['same', 'ran twice, and gave the same bytes']]);
  assert.equal(warnings.length, 2);
  const name = '[0-9a-f]{16}';
  assert.match(
    warnings.find((message) => message.includes('different bytes'))!,
    new RegExp(
      `^ran twice, and produced different bytes the second time: folder/(${name}|chance), folder/(${name}|chance), folder/(${name}|chance)\\. The first result is kept$`,
    ),
  );
  const failed = warnings.find((message) => message.includes('the second time it failed'))!;
  const command =
    'exited with code 1: mkdir taken; echo text > ${outputs.text}. The first result is kept';
  assert.match(
    failed,
    /^ran twice, and the second time it failed: mkdir: .*taken.*; exited with code 1/,
  );
  assert.ok(failed.endsWith(command), failed);
  assert.deepEqual((await project.run()).outcomes, {
    same: 'up to date',
    chance: 'up to date',
    once: 'up to date',
  });
});

test('--twice with a stage runs only that one twice, even if it is up to date', async () => {
  using project = new Project(yaml);
  await project.run('same', 'chance');
  const { code, stdout } = await project.command(
    'run',
    'same',
    '--twice',
    'same',
    'test.yaml',
    '--reporter',
    'plain',
  );
  assert.equal(code, 0);
  assert.match(stdout, /· same: ran twice, and gave the same bytes/);
  const { outcomes } = await project.run('chance', '--twice', 'same');
  assert.deepEqual(outcomes, { same: 'ran', chance: 'up to date' });
});

test('--twice before a file does not take it for a stage', async () => {
  using project = new Project(yaml);
  project.write('pipelines/other.yaml', yaml.replaceAll('out/', 'other/'));
  const { code, stdout } = await project.command('run', '--twice', 'other.yaml', 'same');
  assert.equal(code, 0);
  assert.match(stdout, /· same: ran twice, and gave the same bytes/);
});
