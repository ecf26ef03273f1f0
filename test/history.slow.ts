import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Project } from './rig.ts';

const yaml = (accuracy: number) => `stages:
  scores:
    kind: command
    outputs: { metrics: { path: artifacts/test/scores.json, type: metrics } }
    with: { run: "echo '{ \\"splits\\": { \\"test\\": { \\"accuracy\\": ${accuracy} } } }' > \${outputs.metrics}" }
`;

test('every run that did something is listed with its numbers, which outlive the results', async () => {
  using project = new Project(yaml(0.5));
  await project.run();
  await project.run();
  project.write('pipelines/test.yaml', yaml(0.75));
  await project.run();
  project.letHoursPass(24 * 90);
  await project.command('gc', '--keep', '1d', '--yes');
  const { stdout } = await project.command('history', '--json');
  const runs = JSON.parse(stdout) as { numbers: Record<string, number>; outcome: string }[];
  assert.deepEqual(
    runs.map(({ numbers, outcome }) => [outcome, numbers['scores.test.accuracy']]),
    [
      ['succeeded', 0.75],
      ['succeeded', 0.5],
    ],
  );
  const best = await project.command('history', '--where', 'scores.test.accuracy>0.6');
  assert.match(
    best.stdout,
    /^run +pipeline +outcome +stages +time +scores\.test\.accuracy\n.* test +succeeded +1 ran .* 0\.7500\n$/,
  );
  const slip = await project.command('history', '--pipeline', 'tst');
  assert.equal(slip.code, 1);
  assert.match(slip.stderr, /There is no run of a pipeline "tst"[\s\S]*Did you mean "test"\?/);
});

test('a run that fails is listed as failed, and no runs are said to be none', async () => {
  using project = new Project(yaml(0.5).replace("echo '", "false; echo '"));
  assert.equal((await project.command('history')).stdout, 'There were no runs yet.\n');
  await project.run();
  assert.match((await project.command('history', '--failed')).stdout, / test +failed +1 failed /);
});
