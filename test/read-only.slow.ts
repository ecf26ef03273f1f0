import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Disk, whereMounting } from './support/disk.ts';
import { Project } from './support/rig.ts';

const yaml = `
params: { words: hello }
stages:
  greet: { kind: greet, outputs: { text: out/greeting.txt } }
  say: { kind: command, inputs: { text: greet.text, more: ./more }, outputs: { text: out/said.txt }, with: { run: "cat \${inputs.text} \${inputs.more}/* > \${outputs.text}; echo \${params.words}" } }
`;
const spec = `
import { z } from 'zod';
export const spec = { name: 'greet', version: 1, summary: 'Greets', settings: z.strictObject({}), inputs: {}, outputs: { text: { type: 'files', summary: 'a greeting' } }, example: 'greet: { kind: greet }' };
`;
const run = `
import { writeFileSync } from 'node:fs';
export default async (context) => writeFileSync(context.output('text'), 'hello');
`;

/** Fills a project whose folder is an empty disk, and runs it. */
async function fill(project: Project): Promise<void> {
  const files = {
    'pipelines/test.yaml': yaml,
    'stages/greet/spec.js': spec,
    'stages/greet/run.js': run,
    'more/a': 'more',
  };
  for (const [path, text] of Object.entries(files)) project.write(path, text);
  const { outcomes, stderr } = await project.run();
  assert.deepEqual(outcomes, { greet: 'ran', say: 'ran' }, stderr);
}

test('with nothing to do, no command writes to a read-only disk', whereMounting, async () => {
  using project = new Project('');
  using disk = new Disk(project, '.', '16m');
  await fill(project);
  disk.remount('ro');
  project.letHoursPass(30); // so that even a use that is dated once a day is due
  for (const command of [
    ['run', 'test.yaml'],
    ['run', 'test.yaml', '--jobs', '1'],
    ['run', 'test.yaml', '--reporter', 'json'],
    ['plan', 'test.yaml'],
    ['explain', 'test.yaml', 'say'],
    ['logs', 'test.yaml', 'say'],
    ['history'],
    ['graph', 'test.yaml'],
    ['verify'],
    ['gc'],
    ['clean'],
  ]) {
    const { code, stdout, stderr } = await project.command(...command);
    assert.deepEqual([code, stderr], [0, ''], command.join(' '));
    assert.doesNotMatch(stdout, /[Cc]annot|could not|"type":"warning"/, command.join(' '));
  }
  disk.remount('rw');
});

test('a stage that must run on a read-only disk fails with the reason', whereMounting, async () => {
  using project = new Project('');
  using disk = new Disk(project, '.', '16m');
  await fill(project);
  disk.remount('ro');
  const { code, outcomes, messages } = await project.run('--set', 'params.words=bye');
  assert.deepEqual([code, outcomes], [1, { greet: 'up to date', say: 'failed' }]);
  assert.match(
    messages['say']!,
    /^Cannot write the lease \S+: the disk is read-only\. Mount it for writing, or run in a copy of the project\.$/,
  );
  const doctor = await project.command('doctor');
  assert.equal(doctor.code, 1);
  assert.match(doctor.stdout, /^✗ Folder +\S+cache: cannot be written$/m);
  disk.remount('rw');
});
