import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Project } from '../../test/support/rig.ts';

/** What `npm run profile` starts, in the folder of a test's project. */
async function profile(project: Project, ...argv: readonly string[]) {
  const program = fileURLToPath(new URL('./profile.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), program, ...argv],
    {
      cwd: project.root,
      env: { ...process.env, ...project.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, stdout, stderr };
}

const yaml = `
stages:
  made:
    kind: make-faces
    with: { size: 64, images: { train: 24, val: 4, test: 4 } }
  faces:
    kind: load-dataset
    inputs: { images: made.faces }
  fit:
    kind: train
    inputs: { dataset: faces.dataset }
    with: { model: simple-net, imageSize: 64, batchSize: 2, epochs: "\${params.epochs}" }
  scores:
    kind: evaluate
    inputs: { model: fit.model, dataset: faces.dataset }
    with: { splits: [train, val], batchSize: 1 }
params: { epochs: 1 }
`;

interface Profile {
  readonly stage: string;
  readonly steps: number;
  readonly units: number;
  readonly unit: string;
  readonly total: number;
  readonly ranOn: Readonly<Record<string, string | number>>;
  readonly kernels: readonly {
    readonly kernel: string;
    readonly phase?: string;
    readonly calls: number;
  }[];
}

test('profile brings the inputs of a stage up to date, shows where its steps spend their time, and publishes nothing of the stage', async () => {
  using project = new Project(yaml);
  const { code, stdout, stderr } = await profile(project, 'test.yaml', 'fit', '--steps', '3');
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' }, stdout);
  assert.match(stdout, /^fit: a step takes [\d.,]+ ms, [\d.,]+ images\/s \(mean of 3\)$/m);
  assert.match(stdout, /^where +ms +share$/m);
  assert.match(stdout, /^ONNX Runtime +[\d.]+ +[\d.]+ %$/m);
  assert.match(stdout, /^Conv2DBackpropFilter +backward +3 +[\d.]+ +[\d.]+ %$/m);
  assert.match(stdout, /^Conv +\d+ +[\d.]+ +[\d.]+ %$/m);
  assert.ok(
    stdout.endsWith('\nThe rest, and a chart, are in artifacts/test/fit/profile\n'),
    stdout,
  );

  const written = JSON.parse(project.read('artifacts/test/fit/profile/profile.json')) as Profile;
  const { stage, steps, units, unit, ranOn } = written;
  assert.deepEqual(
    { stage, steps, units, unit },
    { stage: 'fit', steps: 3, units: 2, unit: 'images' },
  );
  assert.equal(ranOn['backend'], 'onnxruntime');
  assert.ok(
    project.has('artifacts/test/fit/profile/chart.svg') &&
      project.has('artifacts/test/fit/profile/chart.png'),
  );

  const plan = await project.command('plan', 'test.yaml', 'fit');
  assert.equal(
    plan.stdout,
    'test: 3 stages\n  up to date  made\n  up to date  faces\n  run         fit    never ran\n2 up to date, 1 run\n',
  );
  assert.ok(!project.has('artifacts/test/fit/model'));
});

test('a stage that is published stays up to date while it is profiled, and other kinds have steps, too', async () => {
  using project = new Project(yaml);
  await project.run();
  const evaluated = await profile(project, 'test.yaml', 'scores', '--steps', '2', '--out', 'here');
  assert.deepEqual([evaluated.code, evaluated.stderr], [0, '']);
  const { kernels } = JSON.parse(project.read('here/profile.json')) as Profile;
  assert.deepEqual(new Set(kernels.flatMap(({ phase }) => phase ?? [])), new Set(['forward']));
  assert.equal((await profile(project, 'fit', '--steps', '2')).code, 0);
  assert.deepEqual((await project.run()).outcomes, {
    made: 'up to date',
    faces: 'up to date',
    fit: 'up to date',
    scores: 'up to date',
  });
});

test('a stage that cannot be profiled is refused, and the message says which ones can', async () => {
  using project = new Project(yaml);
  const refused = async (...argv: readonly string[]) => {
    const { code, stderr } = await profile(project, 'test.yaml', ...argv);
    assert.equal(code, 1);
    return stderr;
  };
  assert.match(
    await refused(),
    /Expected one stage to profile, got 4: .*\n.*Those that compute are fit, scores\./s,
  );
  assert.match(
    await refused('faces'),
    /Expected a stage that computes with tensors, got faces, which is of the kind load-dataset/,
  );
  assert.match(
    await refused('fit', '--backend', 'cpu'),
    /Only the backend onnxruntime, with or without a provider, can be profiled, not cpu/,
  );
  assert.match(
    await refused('fit', '--out', 'artifacts/test/faces/dataset/profile'),
    /The profile cannot be written to artifacts\/test\/faces\/dataset\/profile, where faces publishes dataset/,
  );
  assert.ok(!project.has('artifacts'));
});

test('a stage that ends before a step was measured is an error that says so', async () => {
  using project = new Project(yaml.replace('batchSize: 2', 'batchSize: 24'));
  const { code, stderr } = await profile(project, 'test.yaml', 'fit');
  assert.equal(code, 1);
  assert.match(
    stderr,
    /fit failed while it was profiled: It ended before a step was measured\. Expected at least 4 equal steps/,
  );
});
