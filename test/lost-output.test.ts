import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, symlinkSync } from 'node:fs';
import { test } from 'node:test';
import { noProcessesIn } from './support/processes.ts';
import { endOf, Project, pipeline, Running } from './support/rig.ts';
import { until } from './support/until.ts';

const waiting = `
stages:
  wait: { kind: command, outputs: { text: out/wait.txt }, with: { run: "echo here; echo > here; read _ < gate; echo whole > \${outputs.text}" } }
`;
const has = (program: string) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

/** Runs a command whose standard output is a full device. */
function printToFull(project: Project, ...argv: readonly string[]) {
  const full = openSync('/dev/full', 'w');
  const { status, stderr } = spawnSync(process.execPath, [pipeline, ...argv], {
    cwd: project.root,
    stdio: ['ignore', full, 'pipe'],
    encoding: 'utf8',
  });
  closeSync(full);
  return { status, stderr };
}

test('a run continues though its output goes to a full disk, and ends as its stages do; a command that only prints fails', {
  skip: !existsSync('/dev/full') && 'there is no /dev/full',
}, () => {
  const warning = 'warning: Cannot print any more: the disk is full. What follows is not shown.\n';
  using project = new Project(waiting.replace('read _ < gate;', ''));
  for (const reporter of ['json', 'plain', 'live']) {
    const ended = printToFull(project, 'run', 'test.yaml', '--force', '--reporter', reporter);
    assert.deepEqual(ended, { status: 0, stderr: warning });
  }
  assert.equal(project.read('out/wait.txt'), 'whole\n');
  assert.deepEqual(printToFull(project, 'plan', 'test.yaml'), { status: 1, stderr: warning });
  project.edit('pipelines/test.yaml', 'echo here', 'exit 3');
  assert.deepEqual(printToFull(project, 'run', 'test.yaml'), { status: 1, stderr: warning });
});

test('a run whose output nobody reads any more continues and is recorded', async () => {
  using project = new Project(waiting);
  const gate = project.gate('gate');
  const run = project.startRun();
  await run.output('wait', 'here');
  run.child.stdout!.destroy();
  gate.pass();
  const { code, stderr } = await run.ended;
  assert.deepEqual([code, stderr], [0, '']);
  assert.equal(project.read('out/wait.txt'), 'whole\n');
});

test('SIGHUP is ignored by a run under nohup', async () => {
  using project = new Project(waiting);
  const gate = project.gate('gate');
  const argv = [pipeline, 'run', 'test.yaml', '--reporter', 'json'];
  const run = new Running(
    spawn('nohup', argv, { cwd: project.root, stdio: ['ignore', 'pipe', 'pipe'] }),
  );
  await run.output('wait', 'here');
  run.child.kill('SIGHUP');
  gate.pass();
  const { code, outcomes } = await endOf(run);
  assert.deepEqual([code, outcomes], [0, { wait: 'ran' }]);
});

test('SIGHUP is ignored by a run under nohup although npx, which started it, ends', async () => {
  using project = new Project(waiting);
  mkdirSync(project.path('node_modules/.bin'), { recursive: true });
  symlinkSync(pipeline, project.path('node_modules/.bin/pipeline'));
  const gate = project.gate('gate');
  const line = 'nohup npx pipeline run test.yaml > log 2>&1; true';
  const terminal = spawn('bash', ['-c', line], {
    cwd: project.root,
    stdio: 'ignore',
    detached: true,
  });
  await until(() => project.has('here'));
  process.kill(-terminal.pid!, 'SIGHUP');
  await once(terminal, 'exit');
  gate.pass();
  await until(() => project.has('out/wait.txt'));
  await noProcessesIn(project.root);
  assert.match((await project.command('history')).stdout, /test .*1 ran/);
});

test('a run whose terminal is closed continues if it gets no SIGHUP, and is recorded', {
  skip: !has('script') && 'it needs a terminal, which `script` makes',
}, async () => {
  using project = new Project(waiting);
  const gate = project.gate('gate');
  // SIGHUP goes to the leader of the session, here a shell that traps it.
  const command = `trap : HUP; ${process.execPath} ${pipeline} run test.yaml; echo $? > code`;
  const terminal = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    cwd: project.root,
    env: { ...process.env, SHELL: '/bin/sh' },
    stdio: 'ignore',
  });
  await until(() => project.has('here'));
  terminal.kill('SIGKILL');
  gate.pass();
  await until(() => project.read('code') !== '');
  assert.equal(project.read('code'), '0\n');
  assert.match((await project.command('history')).stdout, /test .*1 ran/);
  await noProcessesIn(project.root);
});
