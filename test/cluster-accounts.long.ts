// Slurm with accounts and qualities of service, whose database takes long to set up.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Project } from './support/rig.ts';
import { noSlurm, Slurm, whyNoCluster } from './support/slurm.ts';
import { slurmProject } from './support/slurm-project.ts';

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
    const script = fileURLToPath(new URL('support/slurm-accounts.sh', import.meta.url));
    execFileSync(script, [slurm.folder], { env: { ...process.env, ...slurm.env } });
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
});
