import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import sharp from 'sharp';
import { exportOnnx } from '../src/learning/models/export/export-onnx.ts';
import { weightedNet } from '../src/learning/models/export/weighted-net.ts';
import type { LayerItem } from '../src/learning/models/layers/layer-items.ts';
import { loadModel } from '../src/learning/models/model-files.ts';
import { Project } from './support/rig.ts';
import { writeUntrainedModel } from './support/untrained-model.ts';

const stages = `stages:
  made: { kind: make-faces, with: { size: 64, images: { train: 8, val: 6, test: 6 } } }
  faces: { kind: load-dataset, inputs: { images: made.faces } }
  fit:
    kind: train
    inputs: { dataset: faces.dataset }
    with:
      imageSize: 32
      epochs: 1
      batchSize: 4
      model:
        layers:
          - { conv: 8, kernel: 8, stride: 8, name: patches }
          - tokens
          - { residual: [layerNorm, { attention: 2, name: low }] }
          - { residual: [{ layerNorm: true, name: upper }, { attention: 2, name: high }] }
          - { layerNorm: true, name: last }
          - classToken
          - { dense: 2 }
`;

const cams = (settings: string) => `  cams:
    kind: gradcam
    inputs: { models: [fit.model], datasets: [faces.dataset] }
    with: { draws: 10, method: [grad-cam, hires-cam]${settings} }
`;

const attention = `  saliency:
    kind: saliency
    inputs: { model: fit.model, dataset: faces.dataset }
    with: { draws: 10, method: gradient-attention, maps: all }
  rollout:
    kind: saliency
    inputs: { model: fit.model, dataset: faces.dataset }
    with: { draws: 10, method: attention-rollout }
  faithful:
    kind: faithfulness
    inputs: { model: fit.model, dataset: faces.dataset }
    with: { images: 4, draws: 100, randomise: true, weightDraws: 1, method: [grad-cam, attention-rollout, gradient-attention] }
`;

test('a transformer of one’s own trains, and its maps have a place for each patch before the last attention', async () => {
  using project = new Project(stages + cams(', layer: last'));
  const refused = await project.run();
  assert.equal(refused.outcomes['cams'], 'failed');
  assert.match(
    refused.stderr + refused.stdout,
    /Expected a convolution of the network, or a layer of tokens before its last attention \\"high\\", for the layer, got the LayerNormalization \\"last\\"\. There are patches, tokens1, ln1, low, residual1_add, upper\./,
  );
  project.write('pipelines/test.yaml', stages + cams(''));
  const { outcomes, stdout, stderr } = await project.run();
  assert.deepEqual(
    outcomes,
    { made: 'up to date', faces: 'up to date', fit: 'up to date', cams: 'ran' },
    stdout + stderr,
  );
  assert.equal(JSON.parse(project.read('artifacts/test/cams/metrics.json')).layer, 'upper');
  const [header] = project.read('artifacts/test/cams/maps/grad-cam-00000.npy').split('\n');
  assert.match(header!, /'shape': \(12, 4, 4\)/);
});

/** Asserts that both methods of attention went through the tests of faithfulness. */
function assertTested(project: Project): void {
  const metrics = JSON.parse(project.read('artifacts/test/faithful/metrics.json'));
  for (const method of ['attention-rollout', 'gradient-attention']) {
    const { overControl, likenessWithNewWeights } = metrics.methods[method];
    assert.ok(Number.isFinite(overControl), method);
    assert.ok(likenessWithNewWeights < 0.99, method);
  }
}

test('attention explains a transformer, and is tested like any other method; a network without it is refused', async () => {
  using project = new Project(stages + attention);
  const { outcomes, stdout, stderr } = await project.run();
  const ran = ['made', 'faces', 'fit', 'saliency', 'rollout', 'faithful'];
  assert.deepEqual(outcomes, Object.fromEntries(ran.map((name) => [name, 'ran'])), stdout + stderr);
  const [header] = project
    .read('artifacts/test/saliency/maps/gradient-attention-00000.npy')
    .split('\n');
  assert.match(header!, /'shape': \(12, 32, 32\)/);
  assertTested(project);

  const layers = '{ layers: [{ conv: 4, kernel: 8, stride: 8 }, globalAveragePool, { dense: 2 }] }';
  const plain = stages.replace(/model:\n.*/s, `model: ${layers}\n`);
  project.write('pipelines/test.yaml', plain + attention);
  const refused = await project.run();
  assert.match(
    refused.stderr + refused.stdout,
    /Expected a network whose class token attends to all patches for gradient-attention, such as vit-small or a ViT of an ONNX file, but it has no attention: use another method, such as grad-cam or gradient\./,
  );
});

/** Writes a transformer of 4 x 4 patches with random weights as an ONNX file. */
async function writeOnnx(project: Project, path: string): Promise<void> {
  const layers: LayerItem[] = [
    { conv: 8, kernel: 8, stride: 8, name: 'patches' },
    'tokens',
    { residual: ['layerNorm', { attention: 2 }] },
    { residual: ['layerNorm', { attention: 2 }] },
    'layerNorm',
    'classToken',
    { dense: 2 },
  ];
  const model = project.path('untrained');
  await writeUntrainedModel(model, { net: { layers }, imageSize: 32 });
  const options = { layout: 'NCHW', softmax: false } as const;
  mkdirSync(project.path('models'));
  writeFileSync(project.path(path), exportOnnx(weightedNet(await loadModel(model)), {}, options));
}

test('a transformer of an ONNX file is explained by its tokens and its attention, trained or as it is', async () => {
  const made = stages.slice(0, stages.indexOf('  fit:'));
  const fit = `  fit:
    kind: train
    inputs: { dataset: faces.dataset, onnx: models/vit.onnx }
    with: { preprocessing: keras, imageSize: 32, train: norm, epochs: 1, batchSize: 4 }
  loaded:
    kind: load-model
    inputs: { onnx: models/vit.onnx }
    with: { classes: [real, fake], preprocessing: keras, imageSize: 32 }
`;
  using project = new Project(made + fit + cams('') + attention);
  await writeOnnx(project, 'models/vit.onnx');
  const { outcomes, stdout, stderr } = await project.run();
  const ran = ['made', 'faces', 'fit', 'loaded', 'cams', 'saliency', 'rollout', 'faithful'];
  assert.deepEqual(outcomes, Object.fromEntries(ran.map((name) => [name, 'ran'])), stdout + stderr);
  const [cam] = project.read('artifacts/test/cams/maps/grad-cam-00000.npy').split('\n');
  assert.match(cam!, /'shape': \(12, 4, 4\)/);
  const [map] = project
    .read('artifacts/test/saliency/maps/gradient-attention-00000.npy')
    .split('\n');
  assert.match(map!, /'shape': \(12, 32, 32\)/);
  assertTested(project);

  const pixels = Uint8Array.from({ length: 3 * 40 * 40 }, (_, i) => (37 * i) % 256);
  const raw = { width: 40, height: 40, channels: 3 } as const;
  writeFileSync(project.path('ada.png'), await sharp(pixels, { raw }).png().toBuffer());
  const methods = ['--method', 'gradient-attention', '--method', 'grad-cam', '--json'];
  const {
    code,
    stdout: printed,
    stderr: errors,
  } = await project.command('explain-image', 'artifacts/test/loaded/model', 'ada.png', ...methods);
  assert.deepEqual({ code, errors }, { code: 0, errors: '' });
  assert.deepEqual(JSON.parse(printed).methods, ['gradient-attention', 'grad-cam']);
});
