import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Project } from './support/rig.ts';
import { files, print, shout } from './support/two-stages.ts';

/** Replaces times of day and durations. */
const timeless = (text: string) =>
  text.replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, '<when>').replaceAll(/[\d.]+ s\b/g, '_ s');
const logs = async (project: Project, ...words: readonly string[]) =>
  timeless(await print(project, 'logs', ...words));

test('logs prints the log of the published result, even if another pipeline ran the stage', async () => {
  using project = new Project(shout, files);
  assert.equal((await project.command('logs', 'shout')).stderr, 'shout never ran here.\n');
  await project.run();
  const published = 'shout: succeeded on <when> in _ s, the published result\nshouting\n';
  assert.equal(await logs(project, 'shout'), published);
  assert.match(await logs(project, 'count'), /^count: succeeded on .* \(it printed nothing\)\n$/);
  project.write('pipelines/other.yaml', shout.replaceAll('out/', 'other/'));
  await project.command('run', 'other.yaml');
  assert.equal(await logs(project, 'other.yaml', 'shout'), published);
});

test('logs follows what is published: a restored result has its own log', async () => {
  using project = new Project(shout, files);
  await project.run();
  project.edit('pipelines/test.yaml', 'echo shouting; tr a-z A-Z', 'echo louder; tr a-z B-Z');
  await project.run();
  assert.match(await logs(project, 'shout'), /published result\nlouder\n$/);
  project.edit('pipelines/test.yaml', 'echo louder; tr a-z B-Z', 'echo shouting; tr a-z A-Z');
  assert.match(
    await print(project, 'plan', 'test.yaml', 'shout'),
    /restore {5}shout {2}settings\.run: "echo louder; .* → "echo shouting; .*, for which there is an earlier result/,
  );
  assert.equal((await project.run()).outcomes['shout'], 'restored');
  assert.match(await logs(project, 'shout'), /published result\nshouting\n$/);
});

test('logs says how the last attempt ended, even if it printed nothing', async () => {
  using project = new Project(shout.replace('echo shouting; ', 'echo FIRST; exit 1; '), files);
  await project.run();
  assert.equal(
    await logs(project, 'shout'),
    `shout: failed on <when> after _ s: exited with code 1: echo FIRST; exit 1; tr a-z A-Z < \${inputs.text} > \${outputs.text}\nFIRST\n`,
  );
  assert.match(
    await print(project, 'plan'),
    /shout {2}failed when it last ran, and has no earlier result\n/,
  );
  project.edit('pipelines/test.yaml', 'echo FIRST; exit 1; ', 'exit 7; ');
  const { stdout } = await project.command('run', 'test.yaml');
  assert.ok(!stdout.includes('restage logs'), stdout);
  assert.match(
    await logs(project, 'shout'),
    /^shout: failed on <when> after _ s: exited with code 7: .* \(it printed nothing\)\n$/,
  );
});

test('logs shows a forced attempt at the published result that failed', async () => {
  using project = new Project(shout.replace('echo shouting; ', 'cat said; test ! -e broken; '), {
    ...files,
    said: 'fine\n',
  });
  await project.run();
  project.write('broken', '');
  project.write('said', 'not so\n');
  await project.run('--force', 'shout');
  assert.match(await logs(project, 'shout'), /^shout: failed on .*\nnot so\n$/);
});

test('logs prints the log of a killed run of this pipeline, and not that of another one', async () => {
  using project = new Project(shout, files);
  await project.run();
  const otherPipeline = shout
    .replaceAll('out/', 'other/')
    .replace('echo shouting;', 'echo other; read _ < gate;');
  project.write('pipelines/other.yaml', otherPipeline);
  project.gate('gate');
  const killed = project.start('run', 'other.yaml', '--reporter', 'json');
  await killed.event('stage-output', 'shout');
  assert.match(
    await logs(project, 'other.yaml', 'shout'),
    /^shout: running since <when>\nother\n$/,
  );
  killed.child.kill('SIGKILL');
  await killed.ended;
  assert.match(await logs(project, 'test.yaml', 'shout'), /\nshouting\n$/);
  assert.match(
    await logs(project, 'other.yaml', 'shout'),
    /^shout: interrupted, as its run was killed, begun on <when>\nother\n$/,
  );
  assert.match(await print(project, 'plan', 'other.yaml'), /shout {2}interrupted when it last ran/);
});

test('logs succeeds though its reader closes the pipe early', async () => {
  using project = new Project(shout.replace('echo shouting', 'seq 100000'), files);
  await project.run();
  const running = project.start('logs', 'shout');
  running.child.stdout!.destroy();
  assert.deepEqual(await running.ended, { code: 0, stdout: '', stderr: '' });
});
