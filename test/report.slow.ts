import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { test } from 'node:test';
import { HostedProject as Project } from './support/hosted-project.ts';

const page = 'artifacts/test/report.html';
const yaml = `description: Two words
stages:
  first:
    kind: command
    outputs: { text: out/first.txt }
    with: { run: "echo hello; echo one > \${outputs.text}" }
  second:
    kind: command
    inputs: { text: first.text }
    outputs: { table: { path: out/second.csv, type: table } }
    with: { run: "printf 'a,b\\\\n1,<b>2\\\\n' > \${outputs.table}" }
`;
const writtenAt = (project: Project) => statSync(project.path(page)).mtimeMs;

test('a run writes its page; one with nothing to do leaves the page alone, whether it was remembered or examined', async () => {
  using project = new Project(yaml);
  await project.command('run', 'test.yaml');
  const text = project.read(page);
  assert.match(text, /data-state="succeeded"/);
  assert.match(text, /2 stages: 2 ran/);
  assert.match(text, /hello/);
  assert.match(text, /&#60;b&#62;2/);
  const before = writtenAt(project);
  await project.command('run', 'test.yaml');
  const longWay = await project.run();
  assert.deepEqual(longWay.outcomes, { first: 'up to date', second: 'up to date' });
  await project.command('run', 'test.yaml', 'first');
  assert.equal(writtenAt(project), before);
});

test('a page is written again when only a description changed', async () => {
  using project = new Project(yaml);
  await project.run();
  for (const [before, after] of [
    ['Two words', 'Three words'],
    [
      '    kind: command\n    inputs',
      '    description: Counts them\n    kind: command\n    inputs',
    ],
  ] as const) {
    project.write(
      'pipelines/test.yaml',
      project.read('pipelines/test.yaml').replace(before, after),
    );
    assert.deepEqual((await project.run()).outcomes, { first: 'up to date', second: 'up to date' });
  }
  assert.match(project.read(page), /Three words/);
  assert.match(project.read(page), /Counts them/);
});

test('a missing page is written again, even if nothing else is to be done', async () => {
  using project = new Project(yaml);
  project.letHoursPass(1);
  await project.command('run', 'test.yaml');
  await project.command('run', 'test.yaml');
  project.remove(page);
  const { stdout } = await project.command('run', 'test.yaml');
  assert.match(stdout, /2 stages up to date/);
  assert.match(project.read(page), /2 stages: 2 up to date/);
});

test('a page shows what failed, and the next successful run replaces it', async () => {
  using project = new Project(yaml.replace('echo hello', 'test -e mended'));
  assert.equal((await project.run()).code, 1);
  assert.match(project.read(page), /data-state="failed"/);
  assert.match(project.read(page), /second[\s\S]*waits for first, which failed/);
  project.write('mended', '');
  assert.equal((await project.run()).code, 0);
  assert.match(project.read(page), /data-state="succeeded"/);
});

test('a run that a scheduler refuses leaves the page of the last run', async () => {
  const places = `grid:
  engine: template
  template: { submit: no-such-qsub, query: 'true', cancel: 'true' }
`;
  using project = new Project(yaml, { 'places.yaml': places });
  await project.run();
  const good = project.read(page);
  project.edit('pipelines/test.yaml', 'echo one', 'echo two');
  const { code, stdout } = await project.command('run', 'test.yaml', '--on', 'grid');
  assert.equal(code, 1);
  assert.match(stdout, /first failed: The scheduler refused a job/);
  assert.doesNotMatch(stdout, /^Report/m);
  assert.equal(project.read(page), good);
  project.remove(page);
  await project.command('run', 'test.yaml', '--on', 'grid');
  assert.match(project.read(page), /data-state="failed"/);
});

test('the summary says how much of the pipeline the page of chosen stages shows', async () => {
  using project = new Project(yaml);
  const chosen = await project.command('run', 'test.yaml', 'first');
  assert.match(chosen.stdout, /^Report {2}artifacts\/test\/report\.html \(1 of 2 stages\)$/m);
  const whole = await project.command('run', 'test.yaml');
  assert.match(whole.stdout, /^Report {2}artifacts\/test\/report\.html$/m);
});

test('a page lists what changed since the last result, value by value', async () => {
  using project = new Project(yaml);
  await project.run();
  project.edit('pipelines/test.yaml', 'echo one', 'echo two');
  await project.run();
  assert.match(
    project.read(page),
    /<code>settings\.run<\/code><\/th><td><del>.*echo one.*<\/del><\/td><td><ins>.*echo two/,
  );
});

test("a user's own file at the path of the page is moved aside, and clean removes the page once its pipeline is gone", async () => {
  using project = new Project(yaml);
  project.write(page, 'mine');
  const { warnings } = await project.run();
  const [displaced] = project.files('cache/displaced').concat(displacedReport(warnings));
  assert.equal(project.read(displaced!), 'mine');
  assert.doesNotMatch((await project.command('clean')).stdout, /report/);
  project.remove('pipelines/test.yaml');
  project.write('pipelines/other.yaml', yaml.replaceAll('out/', 'out2/'));
  assert.match(
    (await project.command('clean')).stdout,
    /would remove artifacts\/test\/report\.html \(report of test\)/,
  );
  await project.command('clean', '--yes');
  assert.equal(project.has(page), false);
});

const displacedReport = (warnings: readonly string[]): readonly string[] =>
  warnings.flatMap((line) => /it was moved to (.*)$/.exec(line)?.[1] ?? []);

test('no output may lie at the path of the page or around it', async () => {
  for (const path of [page, 'artifacts/test', 'artifacts']) {
    using project = new Project(yaml.replace('out/first.txt', path));
    const { stderr, code } = await project.command('run', 'test.yaml');
    assert.equal(code, 1);
    assert.match(
      stderr,
      /The output "[^"]+" (is|holds) "artifacts\/test\/report\.html", where every run leaves its report/,
    );
  }
});
