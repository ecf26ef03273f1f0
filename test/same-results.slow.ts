import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HostedProject as Project } from './support/hosted-project.ts';

/** 309 of 400 images called right: 0.7725, whose binary form lies below the tie of three digits. */
const scores = Array.from({ length: 400 }, (_, i) => {
  const label = i % 2 === 0 ? 'real' : 'fake';
  const isRight = label === 'fake' || i >= 2 * 91;
  const isFake = (label === 'fake') === isRight;
  const margin = (isRight ? 3 : 1) + (i % 7) / 10;
  return `${i}.png,test,${label},${isFake ? 0 : margin},${isFake ? margin : 0}\n`;
});
const scoresFile = `key,split,label,score.real,score.fake\n${scores.join('')}`;

const yaml = `stages:
  one: { kind: evaluate, inputs: { scores: ./scores.csv }, with: { splits: [test] } }
  other: { kind: evaluate, inputs: { scores: ./scores.csv }, with: { splits: [test] } }
  forest:
    kind: plot
    inputs: { metrics: [one.metrics, other.metrics] }
    with: { chart: forest, value: test.accuracy }
`;

test('one accuracy reads alike in the terminal, the report, a chart, compare, LaTeX, Markdown and history', async () => {
  using project = new Project(yaml, { 'scores.csv': scoresFile });
  const run = await project.command('run', 'test.yaml', '--reporter', 'plain');
  assert.equal(run.code, 0, run.stderr);
  const metrics = JSON.parse(project.read('artifacts/test/one/metrics.json'));
  assert.equal(metrics.splits.test.accuracy, 0.7725);
  const compare = ['compare', 'test.yaml:one', 'test.yaml:other'];
  const outputs = {
    terminal: run.stdout,
    report: project.read('artifacts/test/report.html').replaceAll(/<script.*?<\/script>/gs, ''),
    chart: project.read('artifacts/test/forest/chart/chart.svg'),
    compare: (await project.command(...compare)).stdout,
    latex: (await project.command(...compare, '--latex')).stdout,
    markdown: (await project.command(...compare, '--markdown')).stdout,
    history: (await project.command('history', '--show', 'one.test.accuracy')).stdout,
  };
  for (const [name, text] of Object.entries(outputs)) {
    assert.match(text, /0\.773/, name);
    assert.doesNotMatch(text, /0\.772(?!\d)/, name);
  }
});

test('the terminal and the findings say in one sentence whether a model is better than guessing, and compare whether two differ', async () => {
  const oneStage = yaml.split('\n').slice(0, 2).join('\n');
  using project = new Project(oneStage, {
    'scores.csv': scoresFile,
    // The last image is called right by one model alone.
    'other.csv': scoresFile.replace('399.png,test,fake,0,', '399.png,test,fake,9,'),
  });
  const run = await project.command('run', 'test.yaml', '--reporter', 'plain');
  assert.equal(run.code, 0, run.stderr);
  const [sentence] = run.stdout.match(/Better than guessing on test \(AUC .*\)\./)!;
  assert.match(sentence, /95 % interval 0\.985 to 1\.000, excludes 0\.5/);
  const report = project.read('artifacts/test/report.html');
  const findings = /<section id="findings"[\s\S]*?<\/section>/.exec(report)![0];
  assert.ok(findings.includes(`<p class="conclusion">${sentence}</p>`), findings);
  project.write('pipelines/other.yaml', oneStage.replace('scores.csv', 'other.csv'));
  assert.equal((await project.command('run', 'other.yaml')).code, 0);
  const { stdout } = await project.command('compare', 'test.yaml', 'other.yaml');
  assert.match(
    stdout,
    /The difference in accuracy is not shown: it may be chance \(p = 1\.000\)\./,
  );
});
