import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Project } from './rig.ts';

test('the project that init writes runs to its end as it is, and every output that is told is there', async () => {
  using project = new Project('stages: {}\n');
  const begun = await project.command('init');
  assert.equal(begun.code, 0, begun.stderr);
  const { code, stdout, stderr } = await project.command('run', 'first.yaml');
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /\n✓ first: 6 ran /);
  const told = Array.from(stdout.matchAll(/^ {2}(\w+)\.\w+ +(artifacts\/first\/\S+)$/gm), ([, stage, path]) => {
    assert.ok(project.has(path!), `${path} is not there`);
    return stage;
  });
  assert.deepEqual(new Set(told), new Set(['faces', 'fit', 'scores', 'curves', 'roc']));
  assert.match((await project.command('run', 'first.yaml')).stdout, /\b6 (stages )?fresh/);
});
