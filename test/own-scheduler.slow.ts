import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { endOf, Project } from './support/rig.ts';
import { until } from './support/until.ts';

/** The scheduler of the page, as a reader copies it. */
const page = readFileSync(new URL('../docs/own-schedulers.md', import.meta.url), 'utf8');
const pbs = /```ts\n(\/\/ schedulers\/pbs\.ts\n[\s\S]*?)```/.exec(page)![1]!;
const standIn = fileURLToPath(new URL('support/pbs-stand-in.mjs', import.meta.url));

const three = `stages:
  one: { kind: command, matrix: { n: [1, 2, 3] }, with: { run: 'echo \${matrix.n} > \${outputs.out}' }, outputs: { out: 'artifacts/\${matrix.n}.txt' } }
  all: { kind: command, inputs: { in: ["one[n=1].out", "one[n=2].out", "one[n=3].out"] }, with: { run: 'cat \${inputs.in} > \${outputs.out}' }, outputs: { out: artifacts/all.txt } }
`;

const places = (engine: string): string =>
  `pbs: { engine: '${engine}', queue: short, memory: { default: 200MiB }, maxJobs: 2 }\n`;

/** A project whose place `pbs` has the page's scheduler, with stand-ins for the commands of PBS. */
function pbsProject(yaml: string, files: Readonly<Record<string, string>>): Project {
  const project = new Project(yaml, files);
  mkdirSync(project.path('bin'));
  for (const command of ['qsub', 'qstat', 'qselect', 'qdel']) {
    project.write(
      `bin/${command}`,
      `#!/bin/sh\nexec '${process.execPath}' '${standIn}' ${command} "$@"\n`,
    );
    chmodSync(project.path('bin', command), 0o755);
  }
  Object.assign(project.env, {
    PATH: `${project.path('bin')}:${process.env['PATH']}`,
    PBS_STAND_IN: project.path('pbs'),
    RESTAGE_PATIENCE: 'silence=3000,cancel=15000,ask=500',
  });
  return project;
}

const jobsOf = (project: Project): ReadonlySet<string> =>
  new Set(
    project
      .files('cache/results')
      .map((path) => JSON.parse(project.read(`cache/results/${path}`)).record.job.split('_')[0]),
  );

suite('a scheduler of the project', () => {
  test('stages run as the workers of one array, and a run after the results are there has none', async () => {
    using project = pbsProject(three, {
      'places.yaml': places('./schedulers/pbs.ts'),
      'schedulers/pbs.ts': pbs,
    });
    const { outcomes, stderr } = await project.run('--on', 'pbs');
    assert.deepEqual([...new Set(Object.values(outcomes))], ['ran'], stderr);
    assert.equal(project.read('artifacts/all.txt'), '1\n2\n3\n');
    assert.deepEqual([...jobsOf(project)].sort(), ['17[]', '18']);
    const again = await project.run('--on', 'pbs');
    assert.deepEqual([...new Set(Object.values(again.outcomes))], ['up to date']);
  });

  test('as a package, it lets a detached run proceed from job to job', async () => {
    using project = pbsProject(three, {
      'places.yaml': places('npm:restage-pbs'),
      'node_modules/restage-pbs/package.json': '{ "name": "restage-pbs", "main": "index.ts" }',
      'node_modules/restage-pbs/index.ts': pbs,
    });
    assert.equal((await project.run('--on', 'pbs', '--detach')).code, 0);
    await until(() => project.has('artifacts/all.txt'));
    assert.equal(project.read('artifacts/all.txt'), '1\n2\n3\n');
  });

  test('a job that is killed is submitted again, and its stage runs once more', async () => {
    const slow = `stages:
  slow: { kind: command, with: { run: 'echo run >> count; echo begun; read _ < gate' } }
`;
    using project = pbsProject(slow, {
      'places.yaml': places('./schedulers/pbs.ts'),
      'schedulers/pbs.ts': pbs,
    });
    const gate = project.gate('gate');
    const running = project.startRun('--on', 'pbs');
    await running.output('slow', 'begun');
    const { pid } = JSON.parse(project.read('pbs/17.json')) as { readonly pid: number };
    process.kill(-pid, 'SIGKILL');
    await until(() => project.read('count') === 'run\nrun\n');
    gate.pass(2);
    assert.deepEqual((await endOf(running)).outcomes, { slow: 'ran' });
  });

  test('what is wrong with its code, and with the keys of its place, is a mistake of places.yaml', async () => {
    using project = new Project(three, {
      'places.yaml': places('./schedulers/pbs.ts'),
      'schedulers/pbs.ts': 'export const scheduler = { title: "PBS" };',
    });
    const mistakes = async () => (await project.command('plan', '--on', 'pbs')).stderr;
    assert.match(
      await mistakes(),
      /places\.yaml:1:1: .*"pbs\.engine" names \.\/schedulers\/pbs\.ts: Expected `scheduler\.keys` to be a map of zod schemas/,
    );
    project.write('schedulers/pbs.ts', 'export const schedulers = 1;');
    assert.match(await mistakes(), /"pbs\.engine" names \.\/schedulers\/pbs\.ts: .*scheduler/);
    project.write('schedulers/pbs.ts', pbs);
    project.edit('places.yaml', 'queue: short', 'queues: short');
    assert.match(await mistakes(), /Unknown key "queues" in "pbs"[\s\S]*Did you mean "queue"/);
    project.write('places.yaml', places('./schedulers/../artifacts/pbs.ts'));
    assert.match(await mistakes(), /it lies where stages and pulls publish/);
    project.write('places.yaml', places('npm:restage-pbs'));
    assert.match(
      await mistakes(),
      /"pbs\.engine" names npm:restage-pbs: .*Could not resolve "restage-pbs"/,
    );
  });
});
