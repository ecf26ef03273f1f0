import assert from 'node:assert/strict';
import { Disk, whereMounting } from '../support/disk.ts';
import { noProcessesIn } from '../support/processes.ts';
import { Project } from '../support/rig.ts';
import { assertObjectsWhole } from '../support/whole-objects.ts';
import { digestOf, type Ordeal, traceIn } from './ordeal.ts';

const yaml = `
stages:
  grow: { kind: command, outputs: { out: out/grow }, with: { run: "echo growing; seq 60000 > \${outputs.out}" } }
  split: { kind: command, inputs: { all: grow.out }, outputs: { out: out/split }, with: { run: "mkdir \${outputs.out}; split -l 3000 \${inputs.all} \${outputs.out}/x" } }
  join: { kind: command, inputs: { parts: split.out }, outputs: { out: out/join }, with: { run: "cat \${inputs.parts}/* > \${outputs.out}" } }
`;

/**
 * Runs on disks that fill up at different points; with room again, the next run must end with the
 * right result.
 */
export const fullDisk: Ordeal = async (count, _, tell) => {
  if (whereMounting.skip) return tell.skipped(whereMounting.skip);
  for (let index = 0; index < count; index += 1) {
    const kibibytes = Math.round(24 * 1.25 ** ((index * 20) / Math.max(1, count - 1)));
    using project = new Project(yaml);
    using disk = new Disk(project, 'cache', `${kibibytes}k`);
    try {
      const first = await project.command('run', 'test.yaml');
      assert.equal(traceIn(first), undefined);
      if (first.code !== 0) assert.match(first.stdout + first.stderr, /disk is full|No space left/);
      assertObjectsWhole(project);
      await noProcessesIn(project.root);
      disk.remount('size=64m');
      const { code, stdout, stderr } = await project.run();
      assert.equal(code, 0, stdout + stderr);
      assert.equal(digestOf(project, 'out/join'), digestOf(project, 'out/grow'), 'wrong bytes');
      assert.equal((await project.command('verify')).code, 0);
    } catch (error) {
      tell.broken(`with ${kibibytes} KiB: ${(error as Error).message}`);
    }
    tell.done();
  }
};
