import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { Condor, noCondor } from './support/condor.ts';
import { endOf, Project } from './support/rig.ts';
import { until } from './support/until.ts';

const places = `pool: { engine: htcondor, memory: { default: 200MiB, most: 800MiB }, maxJobs: 3 }
held: { engine: htcondor, memory: { default: 200MiB }, options: { hold: true } }
`;

const yaml = `stages:
  one: { kind: command, matrix: { n: [1, 2, 3] }, with: { run: 'echo \${matrix.n} > \${outputs.out}' }, outputs: { out: 'artifacts/\${matrix.n}.txt' } }
  all: { kind: command, inputs: { in: ["one[n=1].out", "one[n=2].out", "one[n=3].out"] }, with: { run: 'cat \${inputs.in} > \${outputs.out}' }, outputs: { out: artifacts/all.txt } }
`;

const single = `stages: { one: { kind: command, with: { run: 'echo run >> count' } } }\n`;

suite('stages on HTCondor', { skip: noCondor ?? false }, () => {
  let condor: Condor;
  before(() => {
    condor = Condor.start();
  });
  after(async () => await condor[Symbol.asyncDispose]());

  const onCondor = (yaml: string, name?: string): Project => {
    const project = new Project(yaml, { 'places.yaml': places }, name);
    Object.assign(project.env, condor.env, {
      HOME: project.root,
      RESTAGE_PATIENCE: 'silence=1000,cancel=60000,ask=500',
    });
    project.leaveRoot();
    return project;
  };

  const numberOfJobs = (name: string): string =>
    condor.command(
      'condor_history',
      '-constraint',
      `JobBatchName == "${name}"`,
      '-af',
      'ClusterId',
    );

  test('stages run as the processes of one job, in a folder of any name', async () => {
    using project = onCondor(yaml, `it's "$(here)"`);
    const { outcomes, stderr } = await project.run('--on', 'pool');
    assert.deepEqual([...new Set(Object.values(outcomes))], ['ran'], stderr);
    assert.equal(project.read('artifacts/all.txt'), '1\n2\n3\n');
    const records = project
      .files('cache/results')
      .map((path) => JSON.parse(project.read(`cache/results/${path}`)).record);
    assert.ok(records.every(({ job }) => /^\d+_\d$/.test(job)));
  });

  test('a job on hold shows why; after kill -9 of the run the same command finds the job by its name, and it runs once it is released', async () => {
    using project = onCondor(single);
    const first = project.startRun('--on', 'held');
    await until(() =>
      first.events.some((event) => event.type === 'stage-queued' && event.state === 'HELD'),
    );
    const [held] = first.events.filter(
      (event) => event.type === 'stage-queued' && event.state === 'HELD',
    );
    assert.match(JSON.stringify(held), /submitted on hold/);
    first.child.kill('SIGKILL');
    await first.ended;
    // As if it had been killed between the submission and the note of the job's number.
    const [jobs] = project.files('cache/jobs').filter((path) => path.endsWith('/jobs'));
    project.remove(`cache/jobs/${jobs}`);
    const second = project.startRun('--on', 'held');
    await until(() => project.read(`cache/jobs/${jobs}`) !== '');
    condor.command('condor_release', project.read(`cache/jobs/${jobs}`).split(' ')[0]!);
    const { outcomes, stderr } = await endOf(second);
    assert.deepEqual(outcomes, { one: 'ran' }, stderr);
    assert.equal(project.read('count'), 'run\n');
    assert.equal(
      numberOfJobs(`restage-${jobs!.split('/')[0]}`)
        .trim()
        .split('\n').length,
      1,
    );
  });

  test('a job that was removed is cancelled, and one that needs more memory gets it', async () => {
    // The first attempt fills its memory until HTCondor notices; the second finds that it did.
    const fill = 'const all = Buffer.alloc(500e6, 1); setTimeout(() => all.length, 300e3)';
    using project = onCondor(`stages:
  large: { kind: command, resources: { memory: 400MiB }, with: { run: 'test -e filled && exit; touch filled; exec node -e "${fill}"' } }
  gone: { kind: command, resources: { memory: 250MiB }, with: { run: 'echo begun; exec sleep 600' } }
`);
    const running = project.startRun('--on', 'pool');
    await running.output('gone', 'begun');
    condor.command('condor_rm', '-constraint', 'RequestMemory == 250');
    const { outcomes, retries, messages, stderr } = await endOf(running);
    assert.deepEqual(outcomes, { large: 'ran', gone: 'cancelled' }, stderr);
    assert.equal(messages['gone'], 'its job was cancelled');
    assert.deepEqual(retries, ['ran out of memory: again with 800 MiB']);
  });

  test('a detached run proceeds from job to job on the machine of the queue, and a place is checked', async () => {
    using project = onCondor(yaml);
    assert.equal((await project.command('run', 'test.yaml', '--on', 'pool', '--detach')).code, 0);
    const check = await project.command('places', 'check', 'pool');
    assert.match(check.stdout, /^✓ the largest job, .*: 1 machine of the pool has as much$/m);
    assert.match(check.stdout, /^✓ shared root: /m);
    await until(() => project.has('artifacts/all.txt'));
    assert.equal(project.read('artifacts/all.txt'), '1\n2\n3\n');
    await until(() => condor.command('condor_q', '-af', 'ClusterId') === '');
  });
});
