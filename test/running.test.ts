import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HostedProject as Project } from './support/hosted-project.ts';
import { noProcessesIn } from './support/processes.ts';

test('a failing stage is tried again as often as `retries` says, each attempt in an empty folder, and all logs are kept', async () => {
  using project = new Project(`
stages:
  flaky:
    kind: command
    retries: 2
    outputs: { text: out/flaky.txt }
    with: { run: "echo try; test ! -e \${outputs.text}; echo x > \${outputs.text}; echo t >> tries; test $(wc -l < tries) -ge 3" }
`);
  const { outcomes, retries } = await project.run();
  assert.deepEqual(outcomes, { flaky: 'ran' });
  assert.equal(retries.length, 2);
  assert.match(
    (await project.command('logs', 'flaky')).stdout,
    /^flaky: succeeded on .*, the published result\n--- attempt 1\ntry\n--- attempt 2\ntry\n--- attempt 3\ntry\n$/,
  );
});

test('a stage that takes longer than its timeout is killed with all that it started', async () => {
  using project = new Project(`
stages:
  stuck: { kind: command, timeout: 300ms, outputs: { text: out/x }, with: { run: "sh -c 'read _ < gate' & read _ < gate" } }
`);
  project.gate('gate');
  const run = await project.run();
  assert.equal(run.code, 1);
  assert.equal(run.messages['stuck'], 'took longer than its timeout of 0.3 s');
  await noProcessesIn(project.root);
});

const branches = `
stages:
  bad: { kind: command, outputs: { text: out/bad }, with: { run: "echo why; exit 3" } }
  reader: { kind: command, inputs: { text: bad.text }, outputs: { text: out/reader }, with: { run: "cp \${inputs.text} \${outputs.text}" } }
  further: { kind: command, inputs: { text: reader.text }, outputs: { text: out/further }, with: { run: "cp \${inputs.text} \${outputs.text}" } }
  good: { kind: command, outputs: { text: out/good }, with: { run: "echo x > \${outputs.text}" } }
  late: { kind: command, after: good, outputs: { text: out/late }, with: { run: "read _ < gate; echo late > \${outputs.text}" } }
`;

test('a failure blocks the stages that depend on it, and the others continue', async () => {
  using project = new Project(branches);
  project.gate('gate').pass();
  const run = await project.run('--keep-going');
  assert.equal(run.code, 1);
  assert.deepEqual(run.outcomes, {
    bad: 'failed',
    reader: 'blocked',
    further: 'blocked',
    good: 'ran',
    late: 'ran',
  });
  assert.equal(run.messages['bad'], 'exited with code 3: echo why; exit 3');
  assert.equal(run.messages['reader'], 'waits for bad, which failed');
  assert.equal(run.messages['further'], 'waits for reader, which was blocked');
});

test('--fail-fast stops running stages at the first failure, and starts no other', async () => {
  using project = new Project(branches);
  project.gate('gate');
  const run = await project.run('--fail-fast');
  assert.equal(run.code, 1);
  assert.equal(run.outcomes['bad'], 'failed');
  assert.equal(run.outcomes['late'], 'cancelled');
  await noProcessesIn(project.root);
});

test('a failing run prints what failed and why, the end of its log, where the whole log is, and what was not run', async () => {
  using project = new Project(branches.replace('read _ < gate; ', ''));
  const { code, stdout, stderr } = await project.command('run', 'test.yaml', '--jobs', '1');
  assert.equal(code, 1);
  assert.equal(stderr, '');
  assert.equal(
    stdout.replaceAll(/[\d.]+ s\b/g, '_ s'),
    `▸ bad: command (never ran)
✗ bad: failed
▸ good: command (never ran)
✓ good: ran in _ s
▸ late: command (never ran)
✓ late: ran in _ s

Outputs
  good.text  out/good
  late.text  out/late

✗ bad failed: exited with code 3: echo why; exit 3
  │ why
  The whole log: restage logs test.yaml bad

· Not run, because an input failed: reader, further

Report  artifacts/test/report.html

✗ test: 1 failed, 2 blocked, 2 ran (_ s)
`,
  );
});

const chain = `
stages:
  one: { kind: command, outputs: { text: out/one }, with: { run: "date +%N > \${outputs.text}" } }
  two: { kind: command, inputs: { text: one.text }, outputs: { text: out/two }, with: { run: "cp \${inputs.text} \${outputs.text}" } }
  side: { kind: command, outputs: { text: out/side }, with: { run: "echo x > \${outputs.text}" } }
`;

test('--force runs stages that are up to date, all or the named ones, and warns if they give other bytes', async () => {
  using project = new Project(chain);
  await project.run();
  const { outcomes, warnings } = await project.run('--force', 'one');
  assert.deepEqual(outcomes, { one: 'ran', two: 'ran', side: 'up to date' });
  assert.deepEqual(warnings, [
    'ran again with the same inputs and settings and produced different bytes (text): it is not reproducible',
  ]);
  assert.deepEqual((await project.run('--force')).outcomes, {
    one: 'ran',
    two: 'ran',
    side: 'ran',
  });
  assert.deepEqual((await project.run('side', '--force')).outcomes, { side: 'ran' });
  assert.deepEqual((await project.run()).outcomes, {
    one: 'up to date',
    two: 'up to date',
    side: 'up to date',
  });
});

test('a named stage runs with those that it reads; --downstream adds those that read it', async () => {
  using project = new Project(chain);
  assert.deepEqual((await project.run('one')).outcomes, { one: 'ran' });
  assert.deepEqual((await project.run('two')).outcomes, { one: 'up to date', two: 'ran' });
  assert.deepEqual((await project.run('one', '--downstream')).outcomes, {
    one: 'up to date',
    two: 'up to date',
  });
});

test('a stage on demand runs only if a selected stage reads it', async () => {
  using project = new Project(
    chain.replace('one: { kind: command,', 'one: { kind: command, onDemand: true,'),
  );
  assert.deepEqual((await project.run('side')).outcomes, { side: 'ran' });
  assert.deepEqual((await project.run()).outcomes, { one: 'ran', two: 'ran', side: 'up to date' });
  project.edit('pipelines/test.yaml', 'two: {', 'two: { onDemand: true,');
  assert.deepEqual((await project.run()).outcomes, { side: 'up to date' });
});

test('a frozen stage keeps its result whatever changes, and fails without one', async () => {
  using project = new Project(
    chain.replace('one: { kind: command,', 'one: { kind: command, frozen: true,'),
  );
  const without = await project.run();
  assert.deepEqual(without.outcomes, { one: 'failed', two: 'blocked', side: 'ran' });
  assert.equal(
    without.messages['one'],
    'is frozen, but there is no earlier result to keep; run it once without `frozen: true`',
  );
  project.edit('pipelines/test.yaml', 'frozen: true,', '');
  await project.run();
  const kept = project.read('out/one');
  project.edit(
    'pipelines/test.yaml',
    'one: { kind: command,',
    'one: { kind: command, frozen: true,',
  );
  project.edit('pipelines/test.yaml', 'date +%N', 'echo other');
  assert.deepEqual((await project.run('--force')).outcomes, {
    one: 'up to date',
    two: 'ran',
    side: 'ran',
  });
  project.write('out/one', 'tampered');
  assert.deepEqual((await project.run()).outcomes, {
    one: 'restored',
    two: 'up to date',
    side: 'up to date',
  });
  assert.equal(project.read('out/one'), kept);
});

test('a stage with cache: false is up to date while its outputs are published, and otherwise runs', async () => {
  using project = new Project(
    chain.replace('one: { kind: command,', 'one: { kind: command, cache: false,'),
  );
  await project.run();
  assert.deepEqual((await project.run()).outcomes, {
    one: 'up to date',
    two: 'up to date',
    side: 'up to date',
  });
  project.write('out/one', 'tampered');
  assert.deepEqual((await project.run()).outcomes, { one: 'ran', two: 'ran', side: 'up to date' });
});

test('a stage that does not make its outputs fails, and the message names them', async () => {
  using project = new Project(chain.replace('date +%N > ', ': '));
  const run = await project.run('one');
  assert.equal(run.code, 1);
  assert.match(
    run.messages['one']!,
    /^ended without writing its output text: there is nothing at \$\{outputs\.text\} \(for out\/one\)$/,
  );
});

test('an error of the shell names the setting run, not a file of Restage', async () => {
  using project = new Project(chain.replace('date +%N > ', 'no-such-program > '));
  const { events } = await project.run('one');
  const end = events.find((event) => event.type === 'stage-finished');
  assert.match(
    end?.logTail?.join('\n') ?? '',
    /^run: (line )?1: no-such-program: (command )?not found$/,
  );
});

const seeds = `
stages:
  fit:
    kind: command
    matrix: { seed: [1, 2, 3] }
    outputs: { score: { type: scores } }
    with: { run: "echo \${matrix.seed} > \${outputs.score}" }
  all: { kind: command, inputs: { scores: [fit.score] }, outputs: { text: out/all }, with: { run: "cat \${inputs.scores} > \${outputs.text}" } }
`;

test('a matrix makes a stage for each value, fit@seed=2 names one, and a list port reads all in order', async () => {
  using project = new Project(seeds);
  assert.deepEqual((await project.run('fit@seed=2')).outcomes, { 'fit[seed=2]': 'ran' });
  assert.deepEqual((await project.run()).outcomes, {
    'fit[seed=1]': 'ran',
    'fit[seed=2]': 'up to date',
    'fit[seed=3]': 'ran',
    all: 'ran',
  });
  assert.equal(project.read('out/all'), '1\n2\n3\n');
  assert.deepEqual((await project.run('--force', 'fit@seed=2')).outcomes['fit[seed=2]'], 'ran');
  project.edit('pipelines/test.yaml', '[1, 2, 3]', '[1, 3]');
  assert.deepEqual((await project.run()).outcomes, {
    'fit[seed=1]': 'up to date',
    'fit[seed=3]': 'up to date',
    all: 'ran',
  });
  assert.equal(project.read('out/all'), '1\n3\n');
});

test('an axis whose values all give the same bytes, as with a program that ignores its seed, causes one warning', async () => {
  const warned = async (project: Project) =>
    (await project.command('run')).stdout.match(/^.*makes no difference.*$/gm) ?? [];
  using project = new Project(seeds);
  assert.deepEqual(await warned(project), []);
  project.edit('pipelines/test.yaml', 'echo ${matrix.seed} >', ': ${matrix.seed}; echo 1 >');
  assert.deepEqual(await warned(project), [
    '! The axis "seed" of "fit" makes no difference: its 3 values gave identical outputs, though the settings differ. Does the program use it?',
  ]);
  assert.deepEqual(await warned(project), []);
});

test('a run begins with the description of its pipeline, with parameters filled in', async () => {
  using project = new Project(`
description: weights of \${params.source}
params: { source: chance }
stages:
  one: { kind: command, outputs: { text: out/one }, with: { run: "echo \${params.source} > \${outputs.text}" } }
`);
  const begins = async (...set: string[]) =>
    (await project.command('run', 'test.yaml', ...set)).stdout.split('\n', 1)[0];
  assert.equal(await begins(), 'test: weights of chance');
  assert.equal(await begins('--set', 'params.source=imagenet'), 'test: weights of imagenet');
});
