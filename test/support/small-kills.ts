import assert from 'node:assert/strict';
import { killedAt } from './killed-at.ts';
import { Project } from './rig.ts';
import { assertObjectsWhole } from './whole-objects.ts';

const yaml = `
stages:
  many:
    kind: command
    inputs: { first: ./first.txt }
    outputs: { numbers: out/numbers }
    with:
      run: |
        mkdir \${outputs.numbers}
        cd \${outputs.numbers}
        seq $(cat \${inputs.first}) 3 | split -l 1 -a 4 -
  sum: { kind: command, inputs: { numbers: many.numbers }, outputs: { sum: out/sum.txt }, with: { run: "find \${inputs.numbers} -type f | wc -l > \${outputs.sum}" } }
`;

/**
 * Kills a run of two small stages at a change of the disk, in a new project each time: at the first
 * one, and then `step` later until one run ends before. Asserts that nothing is half-written, and
 * that the next run ends with the right result.
 */
export async function killSmallPipeline(step: number): Promise<void> {
  for (let n = 1; ; n += step) {
    using project = new Project(yaml, { 'first.txt': '1' });
    const killed = await killedAt(project, n);
    assertObjectsWhole(project);
    assert.ok([0, 3].includes(project.files('out/numbers').length));
    assert.equal((await project.run()).code, 0);
    assert.equal(project.read('out/sum.txt').trim(), '3');
    assert.deepEqual(project.files('cache/displaced'), []);
    assert.deepEqual(
      (await project.run()).outcomes,
      { many: 'up to date', sum: 'up to date' },
      `after a kill at ${n}`,
    );
    if (!killed) break;
  }
}
