import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { HostedProject as Project } from './support/hosted-project.ts';
import { type Ended, pipeline } from './support/rig.ts';

const good = `stages:
  copy:
    kind: command
    inputs: { text: ./in.txt }
    outputs: { text: out/copy.txt }
    with: { run: "cp \${inputs.text} \${outputs.text}" }
`;

/**
 * Asserts that a command reports the user's mistake with these parts of its message, exit code 1,
 * and no stack trace.
 */
function assertReported({ code, stdout, stderr }: Ended, ...parts: readonly string[]): void {
  assert.equal(code, 1, stderr);
  assert.equal(stdout, '');
  for (const part of parts) assert.ok(stderr.includes(part), `no "${part}" in:\n${stderr}`);
  assert.doesNotMatch(stderr, /^ +at .*:\d+:\d+\)?$|node:internal|Internal error/m);
  assert.ok(stderr.length < 20_000, 'too long to read');
}

const cases: readonly {
  readonly mistake: string;
  readonly yaml: string;
  readonly shown: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
}[] = [
  {
    mistake: 'broken YAML',
    yaml: 'stages:\n  a: [1, 2\n',
    shown: ['pipelines/test.yaml:', ': error: '],
  },
  { mistake: 'a tab for spaces', yaml: 'stages:\n\ta: 1\n', shown: ['pipelines/test.yaml:2:'] },
  { mistake: 'no map', yaml: '- 1\n- 2\n', shown: ['pipelines/test.yaml:1:1: error: '] },
  { mistake: 'an empty file', yaml: '', shown: ['pipelines/test.yaml:1:1: error: '] },
  {
    mistake: 'an unknown key',
    yaml: good.replace('kind:', 'onDemnd: true\n    kind:'),
    shown: [
      `pipelines/test.yaml:3:5: error: Unknown key "onDemnd" [unknown-key]

    3 |     onDemnd: true
      |     ^^^^^^^

  Did you mean "onDemand"?
`,
    ],
  },
  {
    mistake: 'a misspelt stage',
    yaml: `${good}  next: { kind: command, inputs: { text: cpoy.text }, with: { run: "true" } }\n`,
    shown: ['pipelines/test.yaml:7:', 'cpoy', 'Did you mean "copy"?'],
  },
  {
    mistake: 'an unknown kind',
    yaml: good.replace('command', 'comand'),
    shown: ['pipelines/test.yaml:3:11: error: ', 'Did you mean "command"?'],
  },
  {
    mistake: 'an image too small for a layer',
    yaml: `stages:
  fit:
    kind: train
    inputs: { dataset: data/faces }
    with:
      imageSize: 130
      model:
        layers:
          - { conv: 6, kernel: 7 }
          - { maxPool: 2 }
          - { conv: 16, kernel: 7 }
          - { maxPool: 2 }
          - { conv: 24, kernel: 7 }
          - { maxPool: 2 }
          - { conv: 16, kernel: 3 }
          - { maxPool: 2 }
          - { conv: 16, kernel: 5 }
          - globalAveragePool
          - { dense: 2 }
`,
    files: { 'data/faces/dataset.json': '{}' },
    shown: [
      `pipelines/test.yaml:17:13: error: conv5 needs at least 5 x 5, gets 4 x 4 [wrong-settings]

   17 |           - { conv: 16, kernel: 5 }
      |             ^^^^^^^^^^^^^^^^^^^^^^^
`,
    ],
  },
  {
    mistake: 'an unknown layer',
    yaml: `stages:
  fit:
    kind: train
    inputs: { dataset: data/faces }
    with: { model: { layers: [{ convv: 8 }, { conv: 8, kernal: 5 }] } }
`,
    files: { 'data/faces/dataset.json': '{}' },
    shown: [
      'pipelines/test.yaml:5:31: error: Expected a layer (relu, ',
      ' for "with.model.layers[0]", got a map [wrong-type]',
      'Did you mean "conv"?',
      'pipelines/test.yaml:5:56: error: Unknown key "kernal" in "with.model.layers[1]" [unknown-key]',
      'Did you mean "kernel"?',
    ],
  },
  {
    mistake: 'a layer to freeze that the network does not have',
    yaml: `stages:
  fit:
    kind: train
    inputs: { dataset: data/faces }
    with:
      model: xception-based
      freeze: [block1*, blok13]
`,
    files: { 'data/faces/dataset.json': '{}' },
    shown: [
      `pipelines/test.yaml:7:25: error: expected a layer of the network, got "blok13" [wrong-settings]

    7 |       freeze: [block1*, blok13]
      |                         ^^^^^^

  Did you mean "block13"?
`,
    ],
  },
  {
    mistake: 'an unknown optimizer and a schedule without a kind',
    yaml: `stages:
  fit:
    kind: train
    inputs: { dataset: data/faces }
    with:
      optimizer: { kind: adamW }
      schedule: { warmUp: 1 }
`,
    files: { 'data/faces/dataset.json': '{}' },
    shown: [
      `pipelines/test.yaml:6:26: error: Expected one of "adam", "adamw", "sgd" for "with.optimizer.kind", got "adamW" [wrong-type]

    6 |       optimizer: { kind: adamW }
      |                          ^^^^^

  Did you mean "adamw"?
`,
      'pipelines/test.yaml:7:7: error: Missing "with.schedule.kind", expected one of "constant", "step", "cosine", "plateau" [missing-key]',
    ],
  },
  {
    mistake: 'an unknown network',
    yaml: `stages:
  fit: { kind: train, inputs: { dataset: data/faces }, with: { model: resnet18 } }
`,
    files: { 'data/faces/dataset.json': '{}' },
    shown: [
      'pipelines/test.yaml:2:71: error: Expected the name of a network (simple-net, xception, xception-based, my-net, tiny-xception, face-resnet, resnet-18, resnet-50, mobilenet-v2, efficientnet-b0, convnext-tiny, vit-small, inception-v3, inception-v3-keras) ' +
        'or a map of its layers (docs/networks.md) for "with.model", got "resnet18" [wrong-type]',
    ],
  },
  {
    mistake: 'a single class, before anything is read',
    yaml: `stages:
  faces: { kind: load-dataset, inputs: { images: data/ }, with: { classes: { a: a } } }
`,
    files: { 'data/a/a.png': '' },
    shown: ['pipelines/test.yaml:2:76: error: expected two classes or more, got one'],
  },
  {
    mistake: 'a cycle',
    yaml: `stages:
  a: { kind: command, inputs: { x: c.x }, outputs: { x: { } }, with: { run: "true" } }
  b: { kind: command, inputs: { x: a.x }, outputs: { x: { } }, with: { run: "true" } }
  c: { kind: command, inputs: { x: b.x }, outputs: { x: { } }, with: { run: "true" } }
`,
    shown: [
      '[cycle]',
      'pipelines/test.yaml:2:',
      'pipelines/test.yaml:3:',
      'pipelines/test.yaml:4:',
    ],
  },
  {
    mistake: 'a wrong type',
    yaml: good.replace('kind:', 'retries: often\n    kind:'),
    shown: ['pipelines/test.yaml:3:14: error: ', 'number', '"often"'],
  },
  {
    mistake: 'a value out of range',
    yaml: good.replace('kind:', 'retries: -1\n    kind:'),
    shown: ['pipelines/test.yaml:3:14: error: ', '-1'],
  },
  {
    mistake: 'a missing file',
    yaml: good.replace('./in.txt', './none.txt'),
    shown: ['pipelines/test.yaml:4:21: error: There is no file or folder "./none.txt"'],
  },
  {
    mistake: 'a glob that matches nothing',
    yaml: good.replace('./in.txt', 'data/*.png'),
    shown: ['pipelines/test.yaml:4:21: error: No file matches "data/*.png"'],
  },
  {
    mistake: 'an output that two stages claim',
    yaml: `${good}${good.replace('stages:\n', '').replace('copy:', 'again:')}`,
    shown: ['pipelines/test.yaml:10:', 'out/copy.txt', 'pipelines/test.yaml:5:'],
  },
  {
    mistake: 'an output inside an input',
    yaml: good.replace('./in.txt', 'data/').replace('out/copy.txt', 'data/copy.txt'),
    shown: ['pipelines/test.yaml:5:', 'data/copy.txt'],
    files: { 'data/a.txt': 'a' },
  },
  {
    mistake: 'a target outside the root',
    yaml: good.replace('out/copy.txt', '../copy.txt'),
    shown: ['pipelines/test.yaml:5:', '../copy.txt'],
  },
  {
    mistake: 'an output name that file systems do not take',
    yaml: good.replace('out/copy.txt', `out/${'x'.repeat(260)}`),
    shown: [
      'pipelines/test.yaml:5:22: error: The output "out/xxx',
      ' has a name of 260 bytes; file systems take at most 255 [wrong-target]',
    ],
  },
  {
    mistake: 'an unknown parameter',
    yaml: good.replace('cp ', 'cp ${params.flag} '),
    shown: ['pipelines/test.yaml:6:', 'params.flag'],
  },
  {
    mistake: 'an alias bomb',
    yaml: `a: &a [x,x,x,x,x,x,x,x,x]\n${['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']
      .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[i]}`).join(',')}]\n`)
      .join('')}`,
    shown: ['pipelines/test.yaml:'],
  },
  {
    mistake: 'deep nesting',
    yaml: `stages: ${'['.repeat(20_000)}`,
    shown: ['pipelines/test.yaml:1:'],
  },
  {
    mistake: '10 MB of garbage',
    yaml: '%{}x: ]['.repeat(1_250_000),
    shown: ['pipelines/test.yaml'],
  },
  {
    mistake: 'a binary file',
    yaml: '\u0000\u0001PNG\ufffd'.repeat(1000),
    shown: ['pipelines/test.yaml'],
  },
];

for (const { mistake, yaml, shown, files } of cases) {
  test(`${mistake} is reported with its position in the file`, async () => {
    using project = new Project(yaml, { 'in.txt': 'a\n', ...files });
    assertReported(await project.command('run', 'test.yaml'), ...shown);
    assert.ok(!project.has('out') && !project.has('cache/runs'));
  });
}

test('run and plan report an unreadable folder, at any depth below an input', async () => {
  using project = new Project(good.replace('./in.txt', 'data/'));
  mkdirSync(project.path('data/inner'), { recursive: true });
  project.leaveRoot();
  chmodSync(project.path('data'), 0);
  for (const command of ['run', 'plan'])
    assertReported(await project.command(command), '"data/" cannot be read: permission denied');
  chmodSync(project.path('data'), 0o755);
  chmodSync(project.path('data/inner'), 0);
  const run = await project.run();
  assert.equal(run.code, 1);
  assert.deepEqual(run.outcomes, { copy: 'failed' });
  assert.match(
    (await project.command('plan')).stdout,
    /fail +copy +.*data\/inner cannot be read: permission denied/,
  );
});

test('unreadable pipelines, and a file name that is not UTF-8, are reported in words', async () => {
  using project = new Project(good.replace('./in.txt', 'data/'));
  mkdirSync(project.path('data'));
  writeFileSync(
    Buffer.concat([Buffer.from(project.path('data/caf')), Buffer.from([0xe9])]),
    'latin',
  );
  const plan = await project.command('plan');
  assert.match(
    plan.stdout,
    /fail +copy +A name in .*data is not UTF-8 text: caf\ufffd\. Rename it, as `convmv` does\n/,
  );
  project.leaveRoot();
  chmodSync(project.path('pipelines'), 0);
  for (const words of [['run', 'test.yaml'], ['plan', 'test'], ['plan'], ['clean']]) {
    const { code, stdout, stderr } = await project.command(...words);
    assert.deepEqual({ code, stdout }, { code: 1, stdout: '' });
    assert.match(stderr, /^error: .*: permission denied/);
    assert.doesNotMatch(stderr, /EACCES/);
  }
  chmodSync(project.path('pipelines'), 0o755);
});

test('a limit on open files that is too low is reported with the limit to raise', async () => {
  // The lowest stops Node 20 where it loads Restage, and later ones where a stage starts. The next
  // one stops Node 20 in the run.
  for (const limit of [26, 44]) {
    using project = new Project(good, { 'in.txt': 'a\n' });
    const command = `ulimit -n ${limit}; exec "${process.execPath}" "${pipeline}" run test.yaml`;
    const { status, stdout, stderr } = spawnSync('sh', ['-c', command], {
      cwd: project.root,
      encoding: 'utf8',
    });
    const said = stdout + stderr;
    if (limit > 26 && status === 0) continue; // later versions of Node need fewer
    assert.equal(status, 1, said);
    assert.match(
      said,
      /too many files are open; raise the limit \(`ulimit -n 1024`\) or use fewer `--jobs`/i,
    );
    assert.doesNotMatch(said, /EMFILE|^ +at /m);
  }
});

test('all mistakes of a file are reported at once', async () => {
  using project = new Project(
    good.replace('./in.txt', './none.txt').replace('kind:', 'retrys: 1\n    kind:'),
  );
  const ended = await project.command('run', 'test.yaml');
  assertReported(ended, '[unknown-key]', '[missing-file]');
});

test('an unknown backend gets no suggestion unless it is a misspelt one', async () => {
  using project = new Project(good);
  const { stderr } = await project.command('run', '--backend', 'gpu');
  assert.match(stderr, /Expected auto, .*, cpu\.$/m);
  assert.doesNotMatch(stderr, /Did you mean/);
  assert.match(
    (await project.command('run', '--backend', 'onnxrutime')).stderr,
    /Did you mean "onnxruntime"\?/,
  );
});

test('an unknown pipeline, stage or project is reported with the nearest name', async () => {
  using project = new Project(good, { 'in.txt': 'a\n' });
  assertReported(
    await project.command('run', 'tset.yaml'),
    'There is no pipeline "tset.yaml"',
    'Did you mean "test.yaml"?',
  );
  assertReported(await project.command('run', 'test.yaml', 'cpy'), 'cpy', 'Did you mean "copy"?');
  assertReported(
    await project.command('run', 'test.yaml', '--force', 'cpy'),
    'cpy',
    'Did you mean "copy"?',
  );
  assertReported(await project.command('run', 'test.yaml', '--set', 'params.x=1'), 'params.x');
  assertReported(
    await project.command('kinds', 'comand'),
    'There is no kind "comand"',
    'Did you mean "command"?',
  );
  project.write('pipelines/other.yaml', good);
  assertReported(await project.command('run'), 'Which pipeline? There are other.yaml, test.yaml');
  project.write('pipelines/inside/deep.yaml', 'stages: {}\n');
  assertReported(await project.command('run', 'deep'), 'Did you mean "inside/deep.yaml"?');
  assertReported(
    await project.command('run', 'tset'),
    'There is no pipeline "tset"',
    'Did you mean "test.yaml"?',
  );
  assertReported(
    await project.command('run', 'nosuch', 'test'),
    'There is no pipeline "nosuch"',
    'Known: inside/deep.yaml',
  );
  project.remove('pipelines/inside');
  project.write('pipelines/base.yaml', 'params: {}\n');
  project.write('pipelines/other.yaml', 'extends: base.yaml\nstages: {}\n');
  assertReported(
    await project.command('run'),
    'Which pipeline? There are other.yaml, test.yaml, base.yaml',
  );
  assert.match((await project.command('plan')).stderr, /\n {2}Name one, such as other\.yaml\n/);
});

for (const argv of [
  ['rnu'],
  ['run', '--jobs', '0'],
  ['clean', '-n', '--yes'],
  ['run', '--jobs', 'two'],
  ['run', '--frce'],
  ['run', '--reporter', 'loud'],
  ['run', '--keep-going', '--fail-fast'],
  ['gc', '--keep', 'long'],
  ['gc', '--max-size', 'big'],
  ['init', 'a', 'b'],
]) {
  test(`pipeline ${argv.join(' ')} is wrong usage, which exits with 2`, async () => {
    using project = new Project(good, { 'in.txt': 'a\n' });
    const { code, stderr, stdout } = await project.command(...argv);
    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /^error: /);
  });
}
