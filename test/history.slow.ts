import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HostedProject as Project } from './support/hosted-project.ts';

const yaml = (accuracy: number) => `stages:
  scores:
    kind: command
    outputs: { metrics: { path: artifacts/test/scores.json, type: metrics } }
    with: { run: "echo '{ \\"splits\\": { \\"test\\": { \\"accuracy\\": ${accuracy} } } }' > \${outputs.metrics}" }
`;

test('history lists every run that did something, with its numbers, which outlive the results', async () => {
  using project = new Project(yaml(0.5));
  await project.run();
  await project.run();
  project.write('pipelines/test.yaml', yaml(0.75));
  await project.run();
  assert.match(
    (await project.command('history')).stdout,
    /\n {2}changed: scores: settings\.run: .*0\.5.*0\.75/,
  );
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
    /^run +pipeline +outcome +stages +time +scores\.test\.accuracy\n.* test +succeeded +1 ran .* 0\.750\n$/,
  );
  const slip = await project.command('history', '--pipeline', 'tst');
  assert.equal(slip.code, 1);
  assert.match(slip.stderr, /There is no run of a pipeline "tst"[\s\S]*Did you mean "test"\?/);
});

test('history lists a failed run as failed, and says if there are no runs yet', async () => {
  using project = new Project(yaml(0.5).replace("echo '", "false; echo '"));
  assert.equal((await project.command('history')).stdout, 'There were no runs yet.\n');
  await project.run();
  assert.match((await project.command('history', '--failed')).stdout, / test +failed +1 failed /);
});

test('compare takes runs and pipelines by any of their names, and suggests the nearest name for a misspelt one', async () => {
  using project = new Project(yaml(0.5));
  await project.run();
  project.write('pipelines/test.yaml', yaml(0.75));
  await project.run();
  const { stdout, code } = await project.command('compare', 'last~1', 'test.yaml');
  assert.equal(code, 0);
  assert.match(stdout, /settings\.run +.*0\.5.*0\.75/);
  assert.match(stdout, /test\.accuracy +0\.500 +0\.750 +−0\.250/);
  const json = JSON.parse(
    (await project.command('compare', 'last~1:scores', 'last:scores', '--json')).stdout,
  );
  assert.deepEqual(json.metrics[0].values, [{ value: 0.5 }, { value: 0.75 }]);
  assert.match(
    (await project.command('compare', 'last~1', 'last', '--html', 'c.html')).stdout,
    /^Wrote c\.html\n$/,
  );
  assert.match(project.read('c.html'), /<h2 id="table-1-title">Settings that differ<\/h2>/);
  const slip = await project.command('compare', 'last:scoers', 'tst.yaml');
  assert.equal(slip.code, 1);
  assert.match(slip.stderr, /has no stage "scoers"[\s\S]*Did you mean "scores"\?/);
  assert.match(slip.stderr, /got "tst\.yaml"[\s\S]*Did you mean "test\.yaml"\?/);
  assert.equal((await project.command('compare', 'last')).code, 2);
});
