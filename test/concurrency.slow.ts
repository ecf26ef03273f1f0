import assert from 'node:assert/strict';
import { statSync, utimesSync } from 'node:fs';
import { test } from 'node:test';
import type { Gate } from './support/gate.ts';
import { endOf, Project, type Running } from './support/rig.ts';

const slow = `
stages:
  slow:
    kind: command
    inputs: { text: ./in.txt }
    outputs: { text: out/slow.txt }
    with: { run: 'echo once >> began; echo here; read _ < gate; cp \${inputs.text} \${outputs.text}' }
  last: { kind: command, inputs: { text: slow.text }, outputs: { text: out/last.txt }, with: { run: "echo last >> began; cp \${inputs.text} \${outputs.text}" } }
`;

test('of two runs at once, one runs each stage, and the other waits and finds its result published', async () => {
  using project = new Project(slow, { 'in.txt': 'a\n' });
  const gate = project.gate('gate');
  const first = project.startRun();
  await first.event('stage-output', 'slow');
  const second = project.startRun();
  const waiting = await second.event('stage-waiting', 'slow');
  assert.match(waiting.for, new RegExp(`^process ${first.child.pid} on `));
  gate.pass();
  const ends = [await endOf(first), await endOf(second)];
  assert.deepEqual(
    ends.map(({ code }) => code),
    [0, 0],
  );
  assert.equal(ends[1]!.outcomes['slow'], 'up to date');
  assert.deepEqual(project.read('began'), 'once\nlast\n');
  assert.deepEqual((await project.run()).outcomes, { slow: 'up to date', last: 'up to date' });
});

test('of two runs at once, a stage with cache: false also runs once: its outputs are published for the second', async () => {
  using project = new Project(
    slow
      .replaceAll('kind: command', 'cache: false\n    kind: command')
      .replace(/ {2}last:.*\n/s, ''),
    {
      'in.txt': 'a\n',
    },
  );
  const gate = project.gate('gate');
  const first = project.startRun();
  await first.event('stage-output', 'slow');
  const second = project.startRun();
  await second.event('stage-waiting', 'slow');
  gate.pass(2);
  assert.deepEqual((await endOf(first)).outcomes, { slow: 'ran' });
  assert.deepEqual((await endOf(second)).outcomes, { slow: 'up to date' });
  assert.equal(project.read('began'), 'once\n');
});

test('a run that waits for another one does the work itself if that is killed', async () => {
  using project = new Project(slow, { 'in.txt': 'a\n' });
  const gate = project.gate('gate');
  const first = project.startRun();
  await first.event('stage-output', 'slow');
  const second = project.startRun();
  await second.event('stage-waiting', 'slow');
  first.child.kill('SIGKILL');
  await second.event('stage-output', 'slow');
  gate.pass();
  assert.deepEqual((await endOf(second)).outcomes, { slow: 'ran', last: 'ran' });
});

test('two stages with the same work do it once', async () => {
  using project = new Project(`
stages:
  one: { kind: command, outputs: { text: out/one.txt }, with: { run: 'echo ran >> began; echo x > \${outputs.text}' } }
  two: { kind: command, outputs: { text: out/two.txt }, with: { run: 'echo ran >> began; echo x > \${outputs.text}' } }
`);
  const { outcomes } = await project.run('--jobs', '2');
  assert.deepEqual(Object.values(outcomes).sort(), ['ran', 'restored']);
  assert.equal(project.read('began'), 'ran\n');
  assert.equal(project.read('out/two.txt'), 'x\n');
});

async function editedMeanwhile(project: Project, edit: () => void): Promise<Gate> {
  const gate = project.gate('gate');
  const run: Running = project.startRun();
  await run.event('stage-output', 'slow');
  edit();
  gate.pass();
  const { code, warnings } = await endOf(run);
  assert.equal(code, 0);
  assert.deepEqual(warnings, [
    'in.txt changed while the stage ran, by an edit or by the stage itself: its outputs are used in this run only; the next run repeats the stage',
  ]);
  return gate;
}

test('if an input is edited while its stage runs, the outputs serve this run, and the next run repeats the stage', async () => {
  using project = new Project(slow, { 'in.txt': 'a\n' });
  const gate = await editedMeanwhile(project, () => project.write('in.txt', 'b\n'));
  assert.equal(project.read('out/last.txt'), 'b\n'); // the command read it late
  gate.pass();
  assert.deepEqual((await project.run()).outcomes, { slow: 'ran', last: 'up to date' });
  assert.equal(project.read('out/slow.txt'), 'b\n');

  project.write('in.txt', 'a\n'); // of which no result must have been kept
  gate.pass();
  assert.deepEqual((await project.run()).outcomes, { slow: 'ran', last: 'ran' });
});

test('an input that is edited and edited back while its stage runs, with size and time as before, leaves no result', async () => {
  using project = new Project(slow, { 'in.txt': 'a\n' });
  const gate = await editedMeanwhile(project, () => {
    const { atime, mtime } = statSync(project.path('in.txt'));
    project.write('in.txt', 'b\n');
    project.write('in.txt', 'a\n');
    utimesSync(project.path('in.txt'), atime, mtime);
  });
  gate.pass();
  assert.deepEqual((await project.run()).outcomes, { slow: 'ran', last: 'up to date' });
});

const wide = (count: number, resources: string) =>
  `stages:\n${Array.from(
    { length: count },
    (_, i) => `  s${i}:
    kind: command
    resources: ${resources}
    outputs: { text: out/s${i} }
    with: { run: 'echo in >> trace; echo here; read _ < gate; echo ${i} > \${outputs.text}; echo out >> trace' }
`,
  ).join('')}`;

/** The most stages that ran at once, by the trace that they wrote. */
function mostAtOnce(project: Project): number {
  let now = 0;
  let most = 0;
  for (const line of project.read('trace').trim().split('\n')) {
    now += line === 'in' ? 1 : -1;
    most = Math.max(most, now);
  }
  return most;
}

test('--jobs bounds how many stages run at once, whatever resources they ask for', async () => {
  using project = new Project(wide(4, '{ cpu: 0.01 }'));
  const gate = project.gate('gate');
  const run = project.startRun('--jobs', '2');
  gate.pass(4);
  await run.ended;
  assert.ok(mostAtOnce(project) <= 2);

  const wider = project.startRun('--jobs', '4', '--force');
  for (const stage of ['s0', 's1', 's2', 's3']) await wider.event('stage-output', stage);
  gate.pass(4);
  await wider.ended;
  assert.equal(mostAtOnce(project), 4);
});

test('a stage that asks for more than the machine has gets the whole machine, alone', async () => {
  using project = new Project(wide(3, '{ memory: 1000TiB }'));
  const gate = project.gate('gate');
  gate.pass(3);
  const run = project.startRun('--jobs', '3');
  assert.equal((await run.ended).code, 0);
  assert.equal(mostAtOnce(project), 1);
});
