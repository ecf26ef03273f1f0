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
  const both = (yaml: string): Project => {
    const project = slurmProject(slurm, yaml);
    const place = project.read('places.yaml');
    const second = place
      .replace('cluster:', 'other:')
      .replace(' }\n', ', options: { clusters: other } }\n');
    project.write('places.yaml', place + second);
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
