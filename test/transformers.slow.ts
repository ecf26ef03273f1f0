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
