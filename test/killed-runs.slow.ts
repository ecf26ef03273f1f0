import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import { killedAt } from './support/killed-at.ts';
import { noProcessesIn, processesIn } from './support/processes.ts';
import { endOf, Project } from './support/rig.ts';
import { assertObjectsWhole } from './support/whole-objects.ts';

const waiting = `
stages:
  wait:
    kind: command
    outputs: { text: out/wait.txt }
    with:
      run: |
        echo half > \${outputs.text}
        sh -c 'echo here; read _ < gate; true'
        echo whole > \${outputs.text}
  read: { kind: command, inputs: { text: wait.text }, outputs: { text: out/read.txt }, with: { run: "cp \${inputs.text} \${outputs.text}" } }
`;

test('kill -9 of the run in the middle of a stage leaves no process and no partial file, and the next run completes', async () => {
  using project = new Project(waiting);
  const gate = project.gate('gate');
  const run = project.startRun();
  await run.event('stage-output', 'wait');
  assert.ok(processesIn(project.root).length >= 3); // the run, the stage, its shells
  run.child.kill('SIGKILL');
  await run.ended;
  await noProcessesIn(project.root);
  assert.deepEqual(project.files('out'), []);
  assert.match((await project.command('history')).stdout, / killed +at wait /);

  gate.pass();
  assert.deepEqual((await project.run()).outcomes, { wait: 'ran', read: 'ran' });
  assert.equal(project.read('out/read.txt'), 'whole\n');
});

test('kill -9 of a stage fails it, ends its children, and leaves nothing of its outputs', async () => {
  using project = new Project(waiting);
  const gate = project.gate('gate');
  const run = project.startRun();
  await run.event('stage-output', 'wait');
  const [stage] = processesIn(project.root).filter((pid) => pid !== run.child.pid);
  process.kill(stage!, 'SIGKILL');
  const { code, outcomes, messages } = await endOf(run);
  assert.equal(code, 1);
  assert.deepEqual(outcomes, { wait: 'failed', read: 'blocked' });
  assert.equal(messages['wait'], 'was killed by SIGKILL: echo half > ${outputs.text} …');
  await noProcessesIn(project.root);
  assert.deepEqual(project.files('out'), []);
  assert.deepEqual(project.files('cache/work'), []);

  gate.pass();
  assert.deepEqual((await project.run()).outcomes, { wait: 'ran', read: 'ran' });
});

const many = `
stages:
  many:
    kind: command
    inputs: { count: ./count.txt }
    outputs: { numbers: out/numbers }
    with:
      run: |
        mkdir \${outputs.numbers}
        cd \${outputs.numbers}
        seq $(cat \${inputs.count}) | split -l 1 -a 4 -
  sum: { kind: command, inputs: { numbers: many.numbers }, outputs: { sum: out/sum.txt }, with: { run: "cat \${inputs.numbers}/* | paste -sd+ - | wc -w > \${outputs.sum}" } }
`;

test('a run that is killed while it saves leaves only whole objects, and the next one completes', async () => {
  using project = new Project(many, { 'count.txt': '40' });
  let kills = 0;
  for (let n = 20; await killedAt(project, n); n += 40) {
    kills += 1;
    assertObjectsWhole(project);
    assert.ok([0, 40].includes(project.files('out/numbers').length));
  }
  assert.ok(kills >= 3);
  assert.equal(project.files('out/numbers').length, 40);
  assert.deepEqual((await project.run()).outcomes, { many: 'up to date', sum: 'up to date' });
  assert.equal((await project.command('verify')).code, 0);
});

test('a run that is killed while it restores leaves the old output, the new one or none, and the next run restores it', async () => {
  using project = new Project(many, { 'count.txt': '30' });
  await project.run();
  project.write('count.txt', '40');
  await project.run();
  project.write('count.txt', '30');
  let kills = 0;
  for (let n = 12; await killedAt(project, n); n += 12) {
    kills += 1;
    assert.ok([0, 30, 40].includes(project.files('out/numbers').length), 'a mixture was published');
  }
  assert.ok(kills >= 3);
  const { outcomes } = await project.run();
  assert.deepEqual(outcomes, { many: 'up to date', sum: 'up to date' });
  assert.deepEqual(project.files('cache/displaced'), []);
  assert.equal(project.files('out/numbers').length, 30);
  assert.deepEqual(
    project.files('out').filter((file) => file.includes('.restage-')),
    [],
  );
});

test('a power cut between two writes of the cache makes a miss, not an error', async () => {
  using project = new Project(many, { 'count.txt': '3' });
  await project.run();
  for (const file of project.files('cache/results')) project.write(`cache/results/${file}`, '');
  for (const file of project.files('cache/latest')) project.write(`cache/latest/${file}`, '');
  project.write('cache/digests.json', '{"format":1,');
  rmSync(project.path('out'), { recursive: true });
  const { code, outcomes, warnings } = await project.run();
  assert.equal(code, 0);
  assert.deepEqual(outcomes, { many: 'ran', sum: 'ran' });
  assert.match(
    warnings[0]!,
    /is damaged \(it is not JSON\): it was moved to .*quarantine.* and will be computed again$/,
  );
});
