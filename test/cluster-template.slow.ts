import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GridEngine, noGridEngine } from './support/grid-engine.ts';
import { Project } from './support/rig.ts';
import { until } from './support/until.ts';

const places = `grid:
  engine: template
  memory: { default: 200MiB }
  maxJobs: 2
  template:
    submit: qsub -N \${name} -o \${log} -j y \${array} \${after} \${script}
    id: Your job(?:-array)? (\\d+)
    list: qstat -xml | awk -F'[<>]' '/JB_job_number/ {id=$3} /JB_name/ {name=$3} /<state>/ {state=$3} /<tasks>/ {id=id "_" $3} /<.job_list>/ {print id, name, state}'
    states: { r: running, qw: queued, hqw: queued }
    cancel: qdel \${id}
    after: -hold_jid \${ids}
    array: -t 1-\${workers}
`;

const yaml = `stages:
  one: { kind: command, matrix: { n: [1, 2, 3] }, with: { run: 'echo \${matrix.n} > \${outputs.out}' }, outputs: { out: 'artifacts/\${matrix.n}.txt' } }
  all: { kind: command, inputs: { in: ["one[n=1].out", "one[n=2].out", "one[n=3].out"] }, with: { run: 'cat \${inputs.in} > \${outputs.out}' }, outputs: { out: artifacts/all.txt } }
`;

test('a scheduler that a template describes runs the same stages', {
  skip: noGridEngine ?? false,
}, async () => {
  await using engine = await GridEngine.start();
  using project = new Project(yaml, { 'places.yaml': places });
  Object.assign(project.env, engine.env);
  const { outcomes, stderr } = await project.run('--on', 'grid');
  assert.deepEqual([...new Set(Object.values(outcomes))], ['ran'], stderr);
  assert.equal(project.read('artifacts/all.txt'), '1\n2\n3\n');
  const records = project
    .files('cache/results')
    .map((path) => JSON.parse(project.read(`cache/results/${path}`)).record);
  // Three stages share the workers of one array, and the last has a job of its own.
  assert.equal(new Set(records.map(({ job }) => job.split('_')[0])).size, 2);
});

test('a detached run proceeds from job to job of such a scheduler', {
  skip: noGridEngine ?? false,
}, async () => {
  await using engine = await GridEngine.start();
  using project = new Project(yaml, { 'places.yaml': places });
  Object.assign(project.env, engine.env);
  assert.equal((await project.run('--on', 'grid', '--detach')).code, 0);
  await until(() => project.has('artifacts/all.txt'));
  await engine.idle();
  assert.equal(project.read('artifacts/all.txt'), '1\n2\n3\n');
});
