// Slurm with accounts, qualities of service and a second cluster: their database takes long to set
// up.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { endOf, type Project } from './support/rig.ts';
import { noSlurm, Slurm, whyNoCluster } from './support/slurm.ts';
import { slurmProject, waiting } from './support/slurm-project.ts';
import { until } from './support/until.ts';

const noAccounts =
  noSlurm ?? whyNoCluster(['slurmdbd', 'mariadbd'], 'slurmdbd mariadb-server') ?? false;

const four = `stages:
  one:
    kind: command
    matrix: { n: [1, 2, 3, 4] }
    with: { run: 'echo \${matrix.n} > \${outputs.out}' }
    outputs: { out: 'artifacts/\${matrix.n}.txt' }
`;

suite('a cluster with accounts', { skip: noAccounts }, () => {
  let slurm: Slurm;
  before(async () => {
    slurm = await Slurm.start();
    for (const name of ['slurm-accounts.sh', 'slurm-second.sh']) {
      const script = fileURLToPath(new URL(`support/${name}`, import.meta.url));
      execFileSync(script, [slurm.folder], { env: { ...process.env, ...slurm.env } });
    }
  });
  after(async () => await slurm[Symbol.asyncDispose]());

  const cluster = (settings: string): Project => slurmProject(slurm, four, { settings });

  test('where a quality of service allows two jobs of a user, these serve all stages', async () => {
    using project = cluster(', time: 5m, account: faces, options: { qos: few }');
    const { outcomes, stderr } = await project.run('--on', 'cluster');
    assert.deepEqual([...new Set(Object.values(outcomes))], ['ran'], stderr);
    const jobs = project
      .files('cache/results')
      .map((path) => JSON.parse(project.read(`cache/results/${path}`)).record.job);
    assert.ok(new Set(jobs).size <= 2, `jobs ${jobs}`);
  });

  for (const [what, settings, reason] of [
    ['an account that there is not', 'account: others', /Invalid account/],
    ['an unknown quality of service', 'account: faces, options: { qos: many }', /Invalid qos/],
    [
      'more time than it allows',
      'account: faces, options: { qos: few }',
      /QOSMaxWallDurationPerJobLimit/,
    ],
  ] as const) {
    test(`${what} fails the stages at once, with the words of Slurm`, async () => {
      using project = cluster(`, ${settings}`);
      const { outcomes, messages } = await project.run('--on', 'cluster');
      assert.deepEqual([...new Set(Object.values(outcomes))], ['failed']);
      assert.match(Object.values(messages).join(), /sbatch refused a job of the place "cluster"/);
      assert.match(Object.values(messages).join(), reason);
    });
  }

  /** A project whose place `other` is the second cluster. */
  const both = (yaml: string, settings = ''): Project => {
    const project = slurmProject(slurm, yaml);
    const place = project.read('places.yaml');
    const second = place
      .replace('cluster:', 'other:')
      .replace(' }\n', ', options: { clusters: other } }\n');
    project.write('places.yaml', place.replace(' }\n', `${settings} }\n`) + second);
    return project;
  };

  const jobsOn = (name: string) =>
    slurm.command('squeue', '-h', '-M', name, '-o', 'job %A').match(/(?<=^job )\d+/gm) ?? [];

  test('stages go to the cluster that their place names, and are read from there', async () => {
    const stage = (place: string) =>
      `{ kind: command, place: ${place}, with: { run: 'echo "${place}: $SLURM_CLUSTER_NAME $(hostname)" > \${outputs.out}' }, outputs: { out: artifacts/${place}.txt } }`;
    using project = both(`stages:\n  one: ${stage('cluster')}\n  two: ${stage('other')}\n`);
    const { outcomes, stderr } = await project.run();
    assert.deepEqual(outcomes, { one: 'ran', two: 'ran' }, stderr);
    assert.match(project.read('artifacts/cluster.txt'), /^cluster: test n[12]\n$/);
    assert.equal(project.read('artifacts/other.txt'), 'other: other o1\n');
  });

  test('a job that somebody cancels on the second cluster ends its stage, and a stage of the first one continues', async () => {
    const there = waiting.replace('slow:', 'slow:\n    place: other');
    const here = `  here: { kind: command, place: cluster, with: { run: 'read _ < gate; echo here > \${outputs.out}' }, outputs: { out: artifacts/here.txt } }\n`;
    using project = both(there + here);
    const gate = project.gate('gate');
    const running = project.startRun();
    await until(() => project.has('count') && jobsOn('test').length > 0);
    slurm.command('scancel', '-M', 'other', ...jobsOn('other'));
    await running.event('stage-finished', 'slow');
    gate.pass();
    const { outcomes, messages } = await endOf(running);
    assert.deepEqual(outcomes, { slow: 'cancelled', here: 'ran' });
    assert.equal(messages['slow'], 'its job was cancelled');
    assert.equal(project.read('count'), 'run\n');
  });

  /** The jobs for which a job waits, of its own cluster, without those that are over. */
  const awaitedBy = (id: string): readonly string[] => {
    const [number = '', cluster = ''] = id.split(';');
    const record = slurm.command('scontrol', '-o', 'show', 'job', number, '-M', cluster);
    const [, dependency = ''] = / Dependency=(\S+)/.exec(record)!;
    return [...dependency.matchAll(/afterany:(\d+)/g)].map(([, before]) => `${before};${cluster}`);
  };

  const clusterOf = (id: string) => id.split(';')[1];

  test('a step over several clusters waits on one of them, for the jobs there, and its second job for the step', async () => {
    const yaml = `stages:
  one:
    kind: command
    matrix: { n: [1, 2, 3, 4] }
    resources: { memory: '\${matrix.n}00MiB' }
    with: { run: 'echo \${matrix.n} >> begun; read _ < gate; echo \${matrix.n} > \${outputs.out}' }
    outputs: { out: 'artifacts/\${matrix.n}.txt' }
  last: { kind: command, place: local, after: [one], with: { run: 'sort begun >> last' } }
`;
    const settings = `, options: { clusters: 'test,other' }`;
    using project = slurmProject(slurm, yaml, { settings });
    const gate = project.gate('gate');
    assert.equal((await project.run('--on', 'cluster', '--detach')).code, 0);
    const read = (name: string) =>
      project
        .files('cache/jobs')
        .filter((path) => path.endsWith(name))
        .map((path) => project.read(`cache/jobs/${path}`));
    const batches = read('/jobs').map((line) => line.split(' ')[0]!);
    assert.equal(batches.length, 4);
    const [first, second] = JSON.parse(read('/step.json')[0]!).jobs;
    assert.deepEqual(
      awaitedBy(first).toSorted(),
      batches.filter((id) => clusterOf(id) === clusterOf(first)).toSorted(),
    );
    assert.deepEqual(awaitedBy(second), [first]);
    await until(() => project.read('begun').split('\n').length === 5);
    assert.equal(read('/step.json').length, 1); // no step has begun
    gate.pass(4);
    await until(() => project.has('last'));
    await until(() => [...jobsOn('test'), ...jobsOn('other')].length === 0);
    assert.equal(project.read('last'), '1\n2\n3\n4\n');
  });

  test('the steps of a detached run send each stage to the cluster of its place, on whichever they run', async () => {
    const stage = (name: string, place: string, after: string) =>
      `  ${name}: { kind: command, place: ${place}, ${after}with: { run: 'echo "${name} $SLURM_CLUSTER_NAME" >> count' } }\n`;
    using project = both(
      `stages:\n${[
        stage('a', 'cluster', ''),
        stage('b', 'other', ''),
        stage('c', 'cluster', 'after: [b], '),
        stage('d', 'other', 'after: [a], '),
        stage('e', 'cluster', 'after: [c, d], '),
      ].join('')}`,
      ', options: { clusters: test }',
    );
    assert.equal((await project.run('--detach')).code, 0);
    await until(() => project.read('count').includes('e '));
    await until(() => [...jobsOn('test'), ...jobsOn('other')].length === 0);
    assert.deepEqual(project.read('count').trim().split('\n').toSorted(), [
      'a test',
      'b other',
      'c test',
      'd other',
      'e test',
    ]);
  });

  test('jobs of a killed command are listed and cancelled on the cluster that has them', async () => {
    using project = both(waiting);
    project.gate('gate');
    const foreign = slurm
      .command('sbatch', '--parsable', '--hold', '-o', '/dev/null', '--wrap', 'true')
      .trim();
    const running = project.startRun('--on', 'other');
    await running.output('slow', 'begun');
    running.child.kill('SIGKILL');
    await running.ended;
    assert.match((await project.command('jobs')).stdout, /other +1 running +slow +\S+ +nobody/);
    assert.match((await project.command('jobs', 'cancel')).stdout, /^Cancelled 1 batch of jobs/);
    await until(() => jobsOn('other').length === 0);
    assert.deepEqual(jobsOn('test'), [foreign]);
    slurm.command('scancel', foreign);
  });
});
