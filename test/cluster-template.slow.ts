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
    submit: qsub -N \${name} -o \${log} -j y \${after} \${script}
    id: Your job (\\d+)
    query: qstat
    cancel: qdel \${id}
    after: -hold_jid \${ids}
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
