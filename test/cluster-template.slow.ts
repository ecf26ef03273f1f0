import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { Project } from './support/rig.ts';

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

/** A Grid Engine that accepts jobs of this user, as its administrator has set it up. */
function noGridEngine(): string | false {
  try {
    execFileSync('qhost', { stdio: 'ignore', timeout: 5_000 });
    return false;
  } catch {
    return 'there is no Grid Engine here (Debian: gridengine-master, gridengine-exec, gridengine-client)';
  }
}

test('a scheduler that a template describes runs the same stages', { skip: noGridEngine() }, async () => {
  using project = new Project(yaml, { 'places.yaml': places });
  const { outcomes, stderr } = await project.run('--on', 'grid');
  assert.deepEqual([...new Set(Object.values(outcomes))], ['ran'], stderr);
  assert.equal(project.read('artifacts/all.txt'), '1\n2\n3\n');
});
