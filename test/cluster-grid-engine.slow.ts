import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, suite, test } from 'node:test';
import { GridEngine, noGridEngine } from './support/grid-engine.ts';
import { endOf, Project } from './support/rig.ts';
import { until } from './support/until.ts';

const places = `grid: { engine: gridengine, memory: { default: 200MiB }, maxJobs: 3 }
held: { engine: gridengine, memory: { default: 200MiB }, options: { h: true } }
nowhere: { engine: gridengine, memory: { default: 200MiB }, options: { wd: /nowhere } }
`;

const yaml = `stages:
  one: { kind: command, matrix: { n: [1, 2, 3] }, with: { run: 'echo \${matrix.n} > \${outputs.out}' }, outputs: { out: 'artifacts/\${matrix.n}.txt' } }
  all: { kind: command, inputs: { in: ["one[n=1].out", "one[n=2].out", "one[n=3].out"] }, with: { run: 'cat \${inputs.in} > \${outputs.out}' }, outputs: { out: artifacts/all.txt } }
`;

const single = `stages: { one: { kind: command, with: { run: 'echo run >> count' } } }\n`;

suite('stages on Grid Engine', { skip: noGridEngine ?? false }, () => {
  let engine: GridEngine;
  before(async () => {
    engine = await GridEngine.start();
  });
  after(async () => await engine[Symbol.asyncDispose]());

  const onGrid = (yaml: string): Project => {
    const project = new Project(yaml, { 'places.yaml': places });
    Object.assign(project.env, engine.env, {
      RESTAGE_PATIENCE: 'silence=1000,cancel=60000,ask=500',
    });
    return project;
  };
  const command = (name: string, ...args: readonly string[]): string =>
    execFileSync(name, args, { encoding: 'utf8', env: { ...process.env, ...engine.env } });

  test('stages run as the tasks of one job, and a detached run proceeds from job to job', async () => {
    using project = onGrid(yaml);
    const { outcomes, stderr } = await project.run('--on', 'grid');
    assert.deepEqual([...new Set(Object.values(outcomes))], ['ran'], stderr);
    assert.equal(project.read('artifacts/all.txt'), '1\n2\n3\n');
    const records = project
      .files('cache/results')
      .map((path) => JSON.parse(project.read(`cache/results/${path}`)).record);
    const jobs = new Set(records.map(({ job }) => job.split('_')[0]));
    assert.deepEqual([records.length, jobs.size], [4, 2]);
    project.edit('pipelines/test.yaml', 'cat', 'cat -n');
    assert.equal((await project.command('run', 'test.yaml', '--on', 'grid', '--detach')).code, 0);
    await until(() => project.read('artifacts/all.txt').includes('\t3'));
    await engine.idle();
  });

  test('a job on hold shows its state; after kill -9 of the run the same command finds the job by its name, and it runs once it is released', async () => {
    using project = onGrid(single);
    const first = project.startRun('--on', 'held');
    await until(() =>
      first.events.some((event) => event.type === 'stage-queued' && event.state === 'hqw'),
    );
    first.child.kill('SIGKILL');
    await first.ended;
    // As if it had been killed between the submission and the note of the job's number.
    const [jobs] = project.files('cache/jobs').filter((path) => path.endsWith('/jobs'));
    project.remove(`cache/jobs/${jobs}`);
    const second = project.startRun('--on', 'held');
    await until(() => project.read(`cache/jobs/${jobs}`) !== '');
    assert.equal(command('qstat').trim().split('\n').length, 3); // a heading of two lines
    command('qrls', project.read(`cache/jobs/${jobs}`).split(' ')[0]!);
    const { outcomes, stderr } = await endOf(second);
    assert.deepEqual(outcomes, { one: 'ran' }, stderr);
    assert.equal(project.read('count'), 'run\n');
  });

  test('a job that cannot begin fails its stage after a second one, with the reason of Grid Engine, and leaves none in the queue', async () => {
    using project = onGrid(single);
    const { outcomes, messages } = await project.run('--on', 'nowhere');
    assert.deepEqual(outcomes, { one: 'failed' });
    assert.match(
      messages['one']!,
      /^its job ended before it began \(Eqw, error: can't chdir to \/nowhere: No such file or directory\), and 1 job before it ended so, too$/,
    );
    await engine.idle();
  });

  test('a check of a place says whether Grid Engine would take its largest job', async () => {
    using project = onGrid(single);
    const check = await project.command('places', 'check', 'grid');
    assert.match(check.stdout, /^✓ the largest job, .*: verification: found suitable queue\(s\)$/m);
    assert.match(check.stdout, /^✓ shared root: /m);
  });
});
