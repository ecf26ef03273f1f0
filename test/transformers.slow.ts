import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Project } from './support/rig.ts';

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

test('attention explains a transformer, and is tested like any other method; a network without it is refused', async () => {
  using project = new Project(stages + attention);
  const { outcomes, stdout, stderr } = await project.run();
  const ran = ['made', 'faces', 'fit', 'saliency', 'rollout', 'faithful'];
  assert.deepEqual(outcomes, Object.fromEntries(ran.map((name) => [name, 'ran'])), stdout + stderr);
  const [header] = project
    .read('artifacts/test/saliency/maps/gradient-attention-00000.npy')
    .split('\n');
  assert.match(header!, /'shape': \(12, 32, 32\)/);
  const metrics = JSON.parse(project.read('artifacts/test/faithful/metrics.json'));
  for (const method of ['attention-rollout', 'gradient-attention']) {
    const { overControl, likenessWithNewWeights } = metrics.methods[method];
    assert.ok(Number.isFinite(overControl), method);
    assert.ok(likenessWithNewWeights < 0.99, method);
  }

  const layers = '{ layers: [{ conv: 4, kernel: 8, stride: 8 }, globalAveragePool, { dense: 2 }] }';
  const plain = stages.replace(/model:\n.*/s, `model: ${layers}\n`);
  project.write('pipelines/test.yaml', plain + attention);
  const refused = await project.run();
  assert.match(
    refused.stderr + refused.stdout,
    /Expected a network with layers of attention for gradient-attention, such as vit-small or a list of layers with \\"attention\\", got none\./,
  );
});
