import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { sha256 } from '../src/digest.ts';
import { killedAtCheckpoint } from './support/killed-at-checkpoint.ts';
import { Project, type RanOnce } from './support/rig.ts';
import { writeTintedDataset } from './support/tinted-dataset.ts';

/**
 * Validation has more batches than it takes until unchanged weights become constants, which changes
 * the rounding.
 */
const training = `
params: { epochs: 4 }
stages:
  fit:
    kind: train
    inputs: { dataset: data/set }
    with:
      model: { layers: [{ conv: 4, kernel: 5, stride: 2 }, batchNorm, relu, { dropout: 0.3 }, { maxPool: 2 }, flatten, { dense: 2 }] }
      imageSize: 24
      batchSize: 2
      augment: { crop: 2 }
      schedule: { kind: plateau, patience: 0, threshold: 0.2 }
      epochs: "\${params.epochs}"
`;

/** The network of an ONNX file, which the pipeline makes first. */
const trainingOfOnnx = `
stages:
  begun:
    kind: train
    inputs: { dataset: data/set }
    with:
      model: { layers: [{ conv: 4, stride: 2 }, batchNorm, relu, { residual: [{ separableConv: 4, padding: same }] }, globalAveragePool, { dense: 3 }, { dense: 2 }] }
      imageSize: 24
      epochs: 1
  exported: { kind: export, inputs: { model: begun.model }, with: { formats: [onnx], layout: NCHW } }
  fit:
    kind: train
    inputs: { dataset: data/set, onnx: exported.files }
    with:
      normalise: { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] }
      head: [{ dropout: 0.3 }, { dense: 2 }]
      rates: { backbone: 0.5 }
      freeze: [conv1]
      unfreeze: [{ epoch: 3, layers: [conv1] }]
      batchSize: 2
      augment: { crop: 2 }
      epochs: 4
`;

/** The files of an uninterrupted training. */
let unbroken: readonly string[];

before(async () => {
  using project = await started();
  const { outcomes, events } = await project.run();
  assert.deepEqual(outcomes, { fit: 'ran' });
  assert.deepEqual(infosOf(events), []);
  unbroken = bytesOf(project);
});
after(() => assert.equal(unbroken.length, 4));

async function started(pipeline = training): Promise<Project> {
  const project = new Project(pipeline);
  await writeTintedDataset(project.path('data/set'), { train: 10, val: 70 });
  return project;
}

function bytesOf(project: Project): readonly string[] {
  return project
    .files('artifacts')
    .map((file) => `${file} ${sha256(readFileSync(project.path('artifacts', file)))}`);
}

function infosOf(events: RanOnce['events']): readonly string[] {
  return events.flatMap((event) => (event.type === 'info' ? [event.message] : []));
}

test('a training whose process is killed, and then its run, resumes from the last whole epoch, to the same bytes', async () => {
  using project = await started();
  const { outcomes } = await killedAtCheckpoint(project, 'self renameSync 2');
  assert.deepEqual(outcomes, { fit: 'failed' });

  const { code, events } = await killedAtCheckpoint(project, 'run openSync 2');
  assert.equal(code, 'SIGKILL');
  assert.match(
    (await project.command('plan', 'test.yaml')).stdout,
    /run +fit +.*; has a checkpoint$/m,
  );
  assert.deepEqual(infosOf(events), ['resumes after epoch 1 of 4, from a checkpoint']);

  const run = await project.run();
  assert.deepEqual(run.outcomes, { fit: 'ran' });
  assert.match(infosOf(run.events).join(), /^resumes after epoch [23] of 4, from a checkpoint$/);
  assert.deepEqual(bytesOf(project), unbroken);
  const checkpoints = project
    .files('cache/checkpoints')
    .filter((file) => /^..\/[0-9a-f]{64}$/.test(file));
  assert.equal(checkpoints.length, 1);
});

test('a training of the network of an ONNX file that is killed resumes to the same bytes', async () => {
  using unbrokenProject = await started(trainingOfOnnx);
  const undisturbed = await unbrokenProject.run();
  assert.equal(undisturbed.outcomes['fit'], 'ran', undisturbed.stdout + undisturbed.stderr);
  using project = await started(trainingOfOnnx);
  await project.run('exported');
  const { outcomes } = await killedAtCheckpoint(project, 'self renameSync 3');
  assert.equal(outcomes['fit'], 'failed');

  const run = await project.run();
  assert.deepEqual(run.outcomes, { begun: 'up to date', exported: 'up to date', fit: 'ran' });
  const [resumes] = infosOf(run.events);
  assert.equal(resumes, 'resumes after epoch 2 of 4, from a checkpoint');
  const files = bytesOf(project);
  assert.ok(files.some((line) => line.startsWith('test/fit/model/weights.bin ')));
  assert.deepEqual(files, bytesOf(unbrokenProject));
});

test('two epochs and then four give the bytes of four at once; with --force training starts over', async () => {
  using project = await started();
  await project.run('--set', 'params.epochs=2');
  const longer = await project.run();
  assert.deepEqual(infosOf(longer.events), ['resumes after epoch 2 of 4, from a checkpoint']);
  const first = longer.events.find((event) => event.type === 'stage-progress')!;
  assert.match(first.progress.note!, /^epoch 3\/4, /);
  assert.ok(first.progress.done > 2 * 90);
  assert.deepEqual(bytesOf(project), unbroken);

  const forced = await project.run('--force', 'fit');
  assert.deepEqual(infosOf(forced.events), []);
  assert.deepEqual(bytesOf(project), unbroken);
});

test('a checkpoint beyond the wanted epochs is not used, and a damaged one is reported', async () => {
  using project = await started();
  await project.run();
  const fewer = await project.run('--set', 'params.epochs=1');
  assert.deepEqual(infosOf(fewer.events), [
    'begins from the start: its checkpoint after epoch 4 is further than the 1 that are wanted',
  ]);
  const [checkpoint] = project.files('cache/checkpoints');
  const path = `cache/checkpoints/${checkpoint}`;
  project.write(path, project.read(path).slice(0, -1));
  project.remove('cache/results');
  const again = await project.run();
  assert.equal(
    again.warnings[0],
    `The checkpoint ${project.path(path)} cannot be used (it is damaged): the stage begins from the start`,
  );
  assert.deepEqual(bytesOf(project), unbroken);
});
