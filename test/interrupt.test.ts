import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noProcessesIn } from './support/processes.ts';
import { endOf, Project } from './support/rig.ts';

const stage = (command: string) => `
stages:
  wait: { kind: command, outputs: { text: out/wait.txt }, with: { run: '${command}; echo done > \${outputs.text}' } }
  read: { kind: command, inputs: { text: wait.text }, outputs: { text: out/read.txt }, with: { run: "cp \${inputs.text} \${outputs.text}" } }
`;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`${signal} ends the stages, leaves a clean state and exits with 130`, async () => {
    using project = new Project(stage('echo here; read _ < gate'));
    const gate = project.gate('gate');
    const run = project.startRun();
    await run.event('stage-output', 'wait');
    run.child.kill(signal);
    const { code, outcomes, events } = await endOf(run);
    assert.equal(code, 130);
    assert.deepEqual(outcomes, { wait: 'cancelled', read: 'cancelled' });
    const end = events.at(-1);
    assert.ok(end?.type === 'run-finished' && end.interrupted && !end.ok);
    await noProcessesIn(project.root);
    assert.deepEqual(project.files('cache/work'), []);
    assert.deepEqual(project.files('cache/leases'), []);

    gate.pass();
    assert.equal((await project.run()).code, 0);
    assert.equal(project.read('out/read.txt'), 'done\n');
  });
}

test('a command that traps SIGTERM has time to clean up', async () => {
  using project = new Project(
    stage('trap "echo bye > tidy; exit 1" TERM; echo here; read _ < gate'),
  );
  project.gate('gate');
  const run = project.startRun();
  await run.event('stage-output', 'wait');
  run.child.kill('SIGINT');
  assert.equal((await run.ended).code, 130);
  assert.equal(project.read('tidy'), 'bye\n');
});

test('a second interrupt kills a stage that ignores the first', async () => {
  using project = new Project(
    stage('trap "echo no" TERM; echo here; read _ < gate || read _ < gate'),
  );
  project.gate('gate');
  const run = project.startRun();
  await run.event('stage-output', 'wait');
  run.child.kill('SIGINT');
  await run.output('wait', 'no');
  run.child.kill('SIGINT');
  const { code, outcomes } = await endOf(run);
  assert.equal(code, 130);
  assert.equal(outcomes['wait'], 'cancelled');
  await noProcessesIn(project.root);
});
