import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { RecordLog } from '../src/engine/files/record-log.ts';
import { noProcessesIn } from './support/processes.ts';
import { endOf, Project, type Running } from './support/rig.ts';

const big = `
stages:
  big:
    kind: command
    outputs: { bytes: out/bytes }
    with: { run: "head -c 3000000 /dev/zero > \${outputs.bytes}; echo half; read _ < gate" }
`;
const otherPipeline = `
stages:
  small: { kind: command, outputs: { text: out/text }, with: { run: "echo text > \${outputs.text}" } }
`;

async function killAtHalf(project: Project): Promise<Running> {
  const run = project.startRun();
  await run.output('big', 'half');
  run.child.kill('SIGKILL');
  await run.ended;
  await noProcessesIn(project.root);
  return run;
}

test('gc lists and removes the leftovers of a killed run at once', async () => {
  using project = new Project(big);
  project.gate('gate');
  await killAtHalf(project);
  await killAtHalf(project); // which clears after the first
  const counted = '0 results, 0 objects and 1 leftover of killed runs (2.9 MiB; 0 B stay)';
  assert.equal(
    (await project.command('gc')).stdout,
    `Would remove ${counted}. To remove them: restage gc --yes\n`,
  );
  assert.equal(
    (await project.command('gc', '--yes', '--keep', '1h')).stdout,
    `Removed ${counted}.\n`,
  );
  assert.deepEqual(project.files('cache/work'), []);
});

test('the next run of any pipeline removes the leftovers of a killed run, even if it has nothing to do, and spares a living run', async () => {
  using project = new Project(big, { 'pipelines/other.yaml': otherPipeline });
  const gate = project.gate('gate');
  await killAtHalf(project);
  assert.equal(readdirSync(project.path('cache/work')).length, 1);
  assert.match((await project.command('run', 'other.yaml')).stdout, /1 ran/);
  assert.deepEqual(project.files('cache/work'), []);

  await killAtHalf(project);
  const living = project.startRun();
  await living.output('big', 'half');
  project.letHoursPass(1);
  assert.match((await project.command('run', 'other.yaml')).stdout, /1 stage up to date/);
  assert.equal(readdirSync(project.path('cache/work')).length, 1);
  gate.pass();
  assert.deepEqual((await endOf(living)).outcomes, { big: 'ran' });
});

test('gc shortens the log of what the cache knows of a store, and keeps what counts', async () => {
  using project = new Project(otherPipeline);
  const folder = 'cache/remote/0123456789abcdef';
  const log = new RecordLog(project.path(folder));
  for (let n = 0; n < 100; n++) log.set([['result', `{"n":${n}}`]]);
  const [name] = readdirSync(project.path(folder));
  const before = statSync(project.path(`${folder}/${name}`)).size;
  await project.command('gc', '--yes');
  assert.ok(statSync(project.path(`${folder}/${name}`)).size < before / 10);
  assert.equal(log.get('result'), '{"n":99}');
});
