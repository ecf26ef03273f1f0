import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HostedProject as Project } from './support/hosted-project.ts';
import { ownKind } from './support/own-kind.ts';
import { files, print, shout } from './support/two-stages.ts';

test('plan reports what would happen and why, and changes nothing; run --dry-run does the same', async () => {
  using project = new Project(shout, files);
  const never = `test: 2 stages
  run         shout  never ran
  may run     count  reads shout, which must run
1 run, 1 may run
`;
  assert.equal(await print(project, 'plan'), never);
  assert.equal(await print(project, 'run', '--dry-run'), never);
  assert.ok(!project.has('out'));
  await project.run();
  assert.equal(
    await print(project, 'plan'),
    'test: 2 stages\n  up to date  shout\n  up to date  count\n2 up to date\n',
  );

  project.write('in.txt', 'abcd\n');
  project.write('out/count.txt', 'x');
  assert.equal(
    await print(project, 'plan'),
    `test: 2 stages
  run         shout  input text changed
  may run     count  reads shout, which must run
1 run, 1 may run
`,
  );
  project.write('in.txt', 'abc\n');
  assert.equal(
    await print(project, 'plan', 'test.yaml', 'count'),
    'test: 2 stages\n  up to date  shout\n  restore     count  output text was changed in place\n1 up to date, 1 restore\n',
  );
  const [row] = JSON.parse(await print(project, 'plan', '--json', '--force', 'shout')) as {
    state: string;
  }[];
  assert.equal(row?.state, 'stale');
});

test('plan marks a stage that must run and has a checkpoint to resume from', async () => {
  const save =
    'mkdir -p "$(dirname "$RESTAGE_CHECKPOINT")"; echo half > "$RESTAGE_CHECKPOINT"; false';
  using project = new Project(`stages:
  long: { kind: command, with: { run: '${save}' } }
  plain: { kind: command, with: { run: 'false' } }
`);
  assert.equal((await project.run()).code, 1);
  assert.equal(
    await print(project, 'plan'),
    `test: 2 stages
  run         long   failed when it last ran, and has no earlier result; has a checkpoint
  run         plain  failed when it last ran, and has no earlier result
2 run
`,
  );
});

test('plan knows that a stage begins from the start whose checkpoint is further than its settings want', async () => {
  const kindFiles = ownKind(
    'walk',
    "context.checkpoints!.save({ state: 8, arrays: [] }); throw new Error('stopped');",
  );
  const spec = kindFiles['stages/walk/spec.ts']!.replace(
    'z.strictObject({})',
    'z.strictObject({ steps: z.number() })',
  ).replace(
    'inputs: {},',
    `inputs: {}, checkpointsWithout: ['steps'],
  whyNoResume: ({ steps }, state) => (Number(state) > steps ? \`its checkpoint is at step \${state}\` : undefined),`,
  );
  using project = new Project(
    'stages: { far: { kind: walk, with: { steps: 9 }, outputs: { text: out.txt } } }\n',
    {
      ...kindFiles,
      'stages/walk/spec.ts': spec,
    },
  );
  assert.equal((await project.run()).code, 1);
  assert.match(await print(project, 'plan'), /^ {2}run +far .*; has a checkpoint$/m);
  project.edit('pipelines/test.yaml', 'steps: 9', 'steps: 4');
  assert.match(
    await print(project, 'plan'),
    /^ {2}run +far .*; begins from the start: its checkpoint is at step 8$/m,
  );
});

test('explain shows value by value what differs from the last result', async () => {
  using project = new Project(shout, files);
  await project.run();
  assert.match(
    await print(project, 'explain', 'shout'),
    /^shout \(command\): up to date\n {2}nothing differs from the last result\n {2}fingerprint [0-9a-f]{64}\n {2}result {6}of .* on .*\n$/,
  );
  project.edit('pipelines/test.yaml', 'wc -c', 'wc -l');
  const printed = await print(project, 'explain', 'count', 'test.yaml');
  assert.ok(
    printed.startsWith(`count (command): run
  settings.run: "wc -c < \${inputs.text} > \${outputs.text}" → "wc -l < \${inputs.text} > \${outputs.text}"

  value         last result                                 now
  settings.run  "wc -c < \${inputs.text} > \${outputs.text}"  "wc -l < \${inputs.text} > \${outputs.text}"

  fingerprint `),
    printed,
  );
  project.edit('pipelines/test.yaml', 'wc -l', 'wc -c');
  project.write('in.txt', 'abcd\n');
  await project.run('shout');
  assert.match(
    await print(project, 'explain', 'count'),
    /^ {2}inputs\.text\[0\]\.digest +other content +that of shout\.text$/m,
  );
  project.write('in.txt', 'abc\n');
  await project.run();
  project.edit('pipelines/test.yaml', 'wc -c', 'wc -l');
  project.edit('pipelines/test.yaml', 'shout:\n', 'shout:\n    onDemand: true\n');
  assert.match(await print(project, 'explain'), /^shout \(command\): up to date$/m);
  const [explained] = JSON.parse(await print(project, 'explain', 'count', '--json')) as {
    differences: unknown[];
  }[];
  assert.equal(explained?.differences.length, 1);
});

test('plan and explain answer even if the cache cannot be written', async () => {
  using project = new Project(shout, { ...files, 'cache/digests.json/in-the-way': '' });
  for (const command of ['plan', 'explain']) {
    const { code, stdout, stderr } = await project.command(command);
    assert.equal(code, 0);
    assert.match(stdout, /never ran/);
    assert.match(stderr, /^warning: Cannot write .*digests\.json/);
  }
});

test('plan and run warn of a parameter that no stage reads and of a program that is no input', async () => {
  const yaml = `params: { word: x, unused: 1 }
stages:
  say: { kind: command, inputs: { text: ./in.txt }, outputs: { text: out/say }, with: { run: "sh ./say.sh \${params.word} < \${inputs.text} > \${outputs.text}" } }
`;
  using project = new Project(yaml, { ...files, 'say.sh': 'cat; echo "$1"\n' });
  const warnings = [
    'pipelines/test.yaml:1:20: No stage reads the parameter "unused"',
    'pipelines/test.yaml:3:98: ./say.sh is not an input of "say": editing it will not rerun this stage',
  ];
  const { code, stderr } = await project.command('plan');
  assert.equal(code, 0);
  assert.equal(stderr, warnings.map((line) => `warning: ${line}\n`).join(''));
  assert.deepEqual((await project.run()).warnings, warnings);
  project.edit('pipelines/test.yaml', ', unused: 1', '');
  project.edit(
    'pipelines/test.yaml',
    '{ text: ./in.txt }',
    '{ text: ./in.txt, program: ./say.sh }',
  );
  assert.equal((await project.command('plan')).stderr, '');
});

test('plan says what a run would do that is answered from memory, and examines all else', async () => {
  using project = new Project(shout, files);
  project.letHoursPass(1);
  await project.command('run');
  const fresh = 'test: 2 stages\n  up to date  shout\n  up to date  count\n2 up to date\n';
  assert.equal(await print(project, 'plan'), fresh);
  assert.equal(await print(project, 'plan', '--no-store'), fresh);
  // Without them, only the memory knows that nothing is to be done.
  project.remove('cache/results');
  assert.match(await print(project, 'run'), /^✓ test: 2 stages up to date /);
  assert.equal(await print(project, 'plan'), fresh);
  const lost = 'the store no longer has its last result';
  assert.match(await print(project, 'plan', '--no-store'), new RegExp(`run +shout +${lost}`));
  assert.match(await print(project, 'plan', 'test.yaml'), new RegExp(`run +shout +${lost}`));

  project.write('out/count.txt', 'x');
  assert.match(await print(project, 'plan'), new RegExp(`run +shout +${lost}`));
});

test('plan repeats warnings after a run that is remembered', async () => {
  using project = new Project(`params: { unused: 1 }\n${shout}`, files);
  project.letHoursPass(1);
  await project.command('run');
  assert.match((await project.command('run')).stdout, /^✓ test: 2 stages up to date /);
  const { stdout, stderr } = await project.command('plan');
  assert.match(stdout, /2 up to date/);
  assert.equal(
    stderr,
    'warning: pipelines/test.yaml:1:11: No stage reads the parameter "unused"\n',
  );
});

test('a setting that the file leaves out is shown with its default', async () => {
  const yaml = `stages:
  made: { kind: make-faces, with: { size: 64, images: { train: 2, val: 1, test: 1 } } }
`;
  using project = new Project(yaml);
  await project.run();
  project.edit('pipelines/test.yaml', 'size: 64, ', '');
  assert.match(await print(project, 'plan'), /run +made +settings\.size: 64 → 256\n/);
  assert.match(await print(project, 'explain'), /settings\.size +64 +256 \(default\)\n/);
});

test('plan and explain name the files of a folder or a glob that changed', async () => {
  const yaml = `stages:
  folder: { kind: command, inputs: { images: data/faces }, outputs: { text: out/a }, with: { run: "ls \${inputs.images} > \${outputs.text}" } }
  glob: { kind: command, inputs: { images: "data/faces/*.png" }, outputs: { text: out/b }, with: { run: "echo \${inputs.images} > \${outputs.text}" } }
`;
  using project = new Project(
    yaml,
    Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`data/faces/${i}.png`, `${i}`])),
  );
  await project.run();
  project.write('data/faces/5.png', 'other');
  project.write('data/faces/55.png', 'new');
  project.remove('data/faces/1.png');
  const planned = await print(project, 'plan');
  assert.match(
    planned,
    / folder {2}input images changed: 5\.png changed, 55\.png added, 1\.png removed\n/,
  );
  assert.match(
    planned,
    / glob +input images changed: data\/faces\/5\.png changed, data\/faces\/55\.png added, data\/faces\/1\.png removed\n/,
  );
  assert.match(
    await print(project, 'explain', 'folder'),
    /\n {2}input images changed: 5\.png changed/,
  );
});

test('plan checks every axis that a setting names against the axes of the connected input', async () => {
  using project = new Project(
    `stages:
  scores:
    kind: command
    matrix: { net: [small, large], seed: [1, 2] }
    outputs: { metrics: { type: metrics }, scores: { type: scores } }
    with: { run: "echo \${matrix.net} \${matrix.seed} | tee \${outputs.metrics} > \${outputs.scores}" }
  some: { kind: table, inputs: { metrics: [scores.metrics] }, with: { values: [auc], over: [seed, sede] } }
  file: { kind: table, inputs: { metrics: ./m.json }, with: { values: [auc], over: [seed] } }
  each: { kind: roc-det, matrix: { net: [small, large] }, inputs: { scores: scores.scores }, with: { over: [sed] } }
  lines: { kind: plot, inputs: { metrics: [scores.metrics] }, with: { chart: lines, against: rate, over: [seed] } }
  map: { kind: plot, inputs: { metrics: [scores.metrics] }, with: { chart: heatmap, rows: nets, columns: seed } }
  one: { kind: table, inputs: { metrics: ["scores[net=small].metrics"] }, with: { values: [auc], over: [seed] } }
`,
    { 'm.json': '{}' },
  );
  const { code, stderr } = await project.command('plan');
  assert.equal(code, 1);
  const messages = [...stderr.matchAll(/^pipelines\/test.yaml:(.*)\n\n.*\n.*\n\n(.*)$/gm)];
  assert.deepEqual(
    messages.map(([, message, hint]) => `${message}${hint}`),
    [
      '7:99: error: The items of the input "metrics" have no axis "sede" [unknown-axis]  Did you mean "seed"?',
      '8:85: error: The items of the input "metrics" have no axis "seed" [unknown-axis]  They have none: an axis comes from a matrix.',
      '9:109: error: The items of the input "scores" have no axis "sed" [unknown-axis]  Did you mean "seed"?',
      '10:94: error: The items of the input "metrics" have no axis "rate" [unknown-axis]  Known: net, seed.',
      '11:91: error: The items of the input "metrics" have no axis "nets" [unknown-axis]  Did you mean "net"?',
    ],
  );
});

test('plan distinguishes a lost result from a stage that never ran, and names the changed line of a script', async () => {
  const yaml = `stages:
  shout:
    kind: command
    inputs: { text: ./in.txt }
    outputs: { text: out/shout.txt }
    with:
      run: |
        # a script
        tr a-z A-Z < \${inputs.text} > \${outputs.text}
`;
  using project = new Project(yaml, files);
  await project.run();
  project.edit('pipelines/test.yaml', 'tr a-z A-Z', 'tr a-z B-Z');
  assert.match(
    await print(project, 'plan'),
    / shout {2}settings\.run, line 2: "tr a-z A-Z < \S+ > \S+" → "tr a-z B-Z < \S+ > \S+"\n/,
  );
  project.edit('pipelines/test.yaml', 'tr a-z B-Z', 'tr a-z A-Z');
  project.remove('cache/results');
  assert.match(await print(project, 'plan'), / shout {2}the store no longer has its last result\n/);
  project.write('in.txt', 'abcd\n');
  assert.match(await print(project, 'plan'), / shout {2}input text changed\n/);
});

test('plan shows what changed since a stage without a result failed', async () => {
  using project = new Project(shout, files);
  project.edit('pipelines/test.yaml', 'echo shouting;', 'exit 3;');
  assert.equal((await project.command('run')).code, 1);
  assert.match(
    await print(project, 'plan'),
    / shout {2}failed when it last ran, and has no earlier result\n/,
  );
  project.edit('pipelines/test.yaml', 'exit 3;', 'exit 0;');
  assert.match(
    await print(project, 'plan'),
    / shout {2}failed when it last ran, and has no earlier result; settings\.run: "exit 3; tr a-z A-Z .*" → "exit 0; tr a-z A-Z /,
  );
});
