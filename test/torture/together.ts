import assert from 'node:assert/strict';
import { noProcessesIn } from '../support/processes.ts';
import { Project } from '../support/rig.ts';
import { assertObjectsWhole } from '../support/whole-objects.ts';
import { digestOf, type Ordeal, traceIn } from './ordeal.ts';

const yaml = (out: string) => `
params: { n: 1 }
stages:
  words: { kind: command, outputs: { out: ${out}/words.txt }, with: { run: "seq \${params.n} 20000 > \${outputs.out}" } }
  split: { kind: command, inputs: { words: words.out }, outputs: { out: ${out}/split }, with: { run: "mkdir \${outputs.out}; split -l 500 \${inputs.words} \${outputs.out}/x" } }
  count: { kind: command, inputs: { parts: split.out }, outputs: { out: ${out}/count.txt }, with: { run: "cat \${inputs.parts}/* | wc -l > \${outputs.out}" } }
`;
const keepers = [['gc', '--yes'], ['clean', '--yes'], ['verify']];

/**
 * Starts six runs of two pipelines at once, with gc, clean and verify beside them, and then runs
 * each alone.
 */
export const together: Ordeal = async (count, random, tell) => {
  using project = new Project(yaml('one'), { 'pipelines/other.yaml': yaml('two') });
  for (let round = 0; round < count; round += 1) {
    try {
      const n = () => `params.n=${1 + random.integer(4)}`;
      const runs = [0, 1, 2, 3, 4, 5].map((index) =>
        project.start('run', index % 2 === 0 ? 'test.yaml' : 'other.yaml', '--set', n()),
      );
      const beside = keepers.map((command) => project.start(...command));
      for (const running of [...runs, ...beside]) {
        const ended = await running.ended;
        assert.equal(traceIn(ended), undefined);
        assert.equal(ended.code, 0, ended.stdout + ended.stderr);
      }
      assertObjectsWhole(project);
      for (const [file, folder] of [
        ['test.yaml', 'one'],
        ['other.yaml', 'two'],
      ] as const) {
        const last = 1 + random.integer(4);
        const ended = await project.command('run', file, '--set', `params.n=${last}`);
        assert.equal(ended.code, 0, ended.stdout + ended.stderr);
        assert.equal(
          project.read(`${folder}/count.txt`).trim(),
          String(20001 - last),
          'wrong result',
        );
        assert.notEqual(digestOf(project, `${folder}/words.txt`), '');
      }
      assert.deepEqual(project.files('cache/displaced'), [], 'took a run’s bytes for the user’s');
      await noProcessesIn(project.root);
    } catch (error) {
      tell.broken(`round ${round + 1}: ${(error as Error).message}`);
    }
    tell.done();
  }
};
