import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { test } from 'node:test';
import { ownKind } from './support/own-kind.ts';
import { noProcessesIn, processesIn } from './support/processes.ts';
import { Project, pipeline, type Running } from './support/rig.ts';
import { until } from './support/until.ts';
import { assertObjectsWhole } from './support/whole-objects.ts';

const onLinux = { skip: process.platform !== 'linux' && 'only Linux can mark processes' };

/** A command that prints `here` and waits at a gate that nobody opens. */
const command = (run: string) => `
stages:
  wait: { kind: command, outputs: { text: out/wait.txt }, with: { run: ${JSON.stringify(run)} } }
`;
const wait = "sh -c 'echo here; read _ < gate; true'";

/**
 * Kills all Node processes of the project, as `killall -9 node` does: the run, and its stages that
 * are not commands.
 */
async function killNode(project: Project, run: Running, count = 1): Promise<void> {
  const isNode = (pid: number) =>
    execFileSync('ps', ['-o', 'comm=', '-p', String(pid)], { encoding: 'utf8' });
  const ours = processesIn(project.root).filter((pid) => /^(node|MainThread)/.test(isNode(pid)));
  assert.ok(ours.length >= count && ours.includes(run.child.pid!));
  for (const pid of ours) process.kill(pid, 'SIGKILL');
  await run.ended;
}

const stagesOf = (project: Project, run: Running) =>
  processesIn(project.root).filter((pid) => pid !== run.child.pid);

/** The processor time of a process in user mode, in seconds. */
function secondsOf(pid: number): number {
  const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  return Number(fields.split(' ')[11]) / 100;
}

async function waiting(project: Project): Promise<Running> {
  project.gate('gate');
  const run = project.startRun();
  await run.output('wait', 'here');
  return run;
}

test('kill -9 of the run ends a stage that blocks its event loop', async () => {
  const busy = "console.log('here'); for (const end = Date.now() + 30_000; Date.now() < end; );";
  const yaml = 'stages: { wait: { kind: busy, outputs: { text: out/busy.txt } } }';
  using project = new Project(yaml, ownKind('busy', busy));
  const run = project.startRun();
  await run.output('wait', 'here');
  run.child.kill('SIGKILL');
  await run.ended;
  await noProcessesIn(project.root);
  assert.deepEqual(project.files('out'), []);
});

test(
  'kill -9 of the run ends a built-in kind in the middle of its computation',
  onLinux,
  async () => {
    const scores = Array.from(
      { length: 60_000 },
      (_, i) => `${i},test,${i % 2},${Math.sin(i)},${-Math.sin(i)}`,
    );
    using project = new Project(
      'stages: { wait: { kind: evaluate, inputs: { scores: ./scores.csv }, with: { splits: [test] } } }',
      { 'scores.csv': `key,split,label,real,fake\n${scores.join('\n')}\n` },
    );
    const run = project.startRun();
    await run.event('stage-started');
    // Of 16 that it computes.
    await until(() => stagesOf(project, run).some((pid) => secondsOf(pid) > 2));
    run.child.kill('SIGKILL');
    await run.ended;
    await noProcessesIn(project.root);
  },
);

/** A run whose command waits at its gate while the process that drew a network is idle. */
const idle = `
stages:
  drawn: { kind: network, with: { model: simple-net } }
  wait: { kind: command, inputs: { drawn: drawn.metrics }, outputs: { text: out/wait.txt }, with: { run: ${JSON.stringify(`echo here; read _ < gate; echo > \${outputs.text}`)} } }
  again: { kind: network, after: [wait], with: { model: xception } }
`;
const isNode = (pid: number) =>
  readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(process.execPath);

test('kill -9 of the run ends a process that waits for its next stage', async () => {
  using project = new Project(idle);
  const run = await waiting(project);
  assert.equal(stagesOf(project, run).filter(isNode).length, 1);
  run.child.kill('SIGKILL');
  await run.ended;
  await noProcessesIn(project.root);
});

test('a process that somebody kills while it waits for its next stage is replaced', async () => {
  using project = new Project(idle);
  const gate = project.gate('gate');
  const run = project.startRun();
  await run.output('wait', 'here');
  const [worker] = stagesOf(project, run).filter(isNode);
  process.kill(worker!, 'SIGKILL');
  await until(() => !processesIn(project.root).includes(worker!));
  gate.pass();
  const { code, stdout } = await run.ended;
  assert.equal(code, 0, stdout);
  await noProcessesIn(project.root);
});

for (const [what, run] of [
  ['the shell of a command', wait],
  ['a child in a session of its own', `setsid ${wait}; true`],
  ['a child in a session and with an environment of its own', `env -i setsid ${wait}; true`],
  [
    'children that their parent left behind',
    `(setsid setsid ${wait} & setsid ${wait} &) ; read _ < gate`,
  ],
] as const) {
  test(
    `kill -9 of the run and of its stages together leaves no orphan: ${what}`,
    onLinux,
    async () => {
      using project = new Project(command(run));
      await killNode(project, await waiting(project));
      await noProcessesIn(project.root);
    },
  );
}

test(
  'the same holds for a kind whose process is killed with the run, and the program that it started',
  onLinux,
  async () => {
    const start = `const { spawn } = await import('node:child_process');
    spawn('setsid', ['sh', '-c', 'echo here; read _ < gate'], { cwd: context.root, stdio: 'inherit' });
    await new Promise(() => {});`;
    const yaml = 'stages: { wait: { kind: starter, outputs: { text: out/text.txt } } }';
    using project = new Project(yaml, ownKind('starter', start));
    await killNode(project, await waiting(project), 2);
    await noProcessesIn(project.root);
  },
);

test('the same holds for a user who is not root', onLinux, async () => {
  using project = new Project(command(`env -i setsid ${wait}; true`));
  project.gate('gate');
  project.leaveRoot();
  const run = project.startRun();
  await run.output('wait', 'here');
  await killNode(project, run);
  await noProcessesIn(project.root);
});

test('a run inside a stage of another run ends with it', onLinux, async () => {
  using project = new Project(
    command(`${process.execPath} ${pipeline} run inner.yaml --reporter plain`),
  );
  project.write(
    'pipelines/inner.yaml',
    command(`echo here > here; ${wait}`).replace('wait:', 'inner:').replace('out/', 'inner/'),
  );
  project.gate('gate');
  const run = project.startRun();
  await run.output('wait', 'inner: command');
  await until(() => project.has('here'));
  run.child.kill('SIGKILL');
  await run.ended;
  await noProcessesIn(project.root);
});

test('where processes cannot be marked, those of a stage still end, unless they left its group', async () => {
  using project = new Project(command(wait));
  mkdirSync(project.path('bin'));
  for (const program of ['sh', 'git'])
    symlinkSync(`/usr/bin/${program}`, project.path('bin', program));
  project.env['PATH'] = project.path('bin');
  await killNode(project, await waiting(project));
  await noProcessesIn(project.root);
});

test(
  'processes that a stage leaves running are ended before its outputs are stored',
  onLinux,
  async () => {
    const late = "env -i setsid sh -c 'exec 3>>$1; echo here; read _ < gate; echo late >&3' sh";
    using project = new Project(
      command(
        `echo whole > \${outputs.text}; ${late} \${outputs.text} > here & while ! [ -s here ]; do :; done`,
      ),
    );
    const gate = project.gate('gate');
    const { outcomes } = await project.run();
    assert.deepEqual(outcomes, { wait: 'ran' });
    assert.deepEqual(processesIn(project.root), []);
    gate.pass();
    assert.equal(project.read('out/wait.txt'), 'whole\n');
    assertObjectsWhole(project);
  },
);
