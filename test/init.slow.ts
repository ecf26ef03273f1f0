import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Project } from './support/rig.ts';

interface Metrics {
  readonly splits: { readonly test: { readonly auc: number } };
}

test('the project that init writes runs as it is, its network learns, and every listed output exists', async () => {
  using project = new Project('stages: {}\n');
  const begun = await project.command('init');
  assert.equal(begun.code, 0, begun.stderr);
  const { code, stdout, stderr } = await project.command('run', 'first.yaml');
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /\n✓ first: 6 ran /);
  const listed = Array.from(
    stdout.matchAll(/^ {2}(\w+)\.\w+ +(artifacts\/first\/\S+)$/gm),
    ([, stage, path]) => {
      assert.ok(project.has(path!), `${path} is not there`);
      return stage;
    },
  );
  assert.deepEqual(new Set(listed), new Set(['faces', 'fit', 'scores', 'curves', 'roc']));
  const { splits } = JSON.parse(project.read('artifacts/first/scores/metrics.json')) as Metrics;
  assert.ok(splits.test.auc >= 0.8, `AUC ${splits.test.auc}`);
  assert.match((await project.command('run', 'first.yaml')).stdout, /\b6 (stages )?up to date/);
});

for (const [template, stages, outputs] of [
  ['classes', 7, ['fit/model', 'scores/mistakes', 'confusion/chart', 'roc/roc']],
  ['scores', 4, ['scores@model=one/metrics.json', 'roc/tests.csv', 'confusion/chart']],
] as const) {
  test(`the template ${template} runs as it is and leaves a report`, async () => {
    using project = new Project('stages: {}\n');
    const begun = await project.command('init', '.', '--template', template);
    assert.equal(begun.code, 0, begun.stderr);
    const { code, stdout, stderr } = await project.command('run', `${template}.yaml`);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, new RegExp(`\n✓ ${template}: ${stages} ran `));
    for (const output of ['report.html', ...outputs]) {
      assert.ok(project.has(`artifacts/${template}/${output}`), `${output} is not there`);
    }
  });
}
