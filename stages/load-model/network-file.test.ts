import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { layers, sequential, type Tensor, tensor } from '@tensorflow/tfjs';
import { selectBackend } from '../../src/backend/select/select-backend.ts';
import { loadModel, loadNetwork } from '../../src/learning/models/model-files.ts';
import { outputOf } from '../../src/learning/models/model-output.ts';
import { assertClose } from '../../test/support/assert-close.ts';
import { linearCongruential } from '../../test/support/linear-congruential.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import { layersArtifacts, writeArtifacts } from '../../test/support/tfjs-models.ts';
import run from './run.ts';
import { spec } from './spec.ts';

const folder = mkdtempSync(join(tmpdir(), 'load-network-'));
after(() => rmSync(folder, { recursive: true }));

test('a tfjs model of classes becomes a model with its own scores, in ONNX Runtime and as layers', async () => {
  await selectBackend('cpu', { threads: 1 });
  const size = 12;
  const model = sequential({ name: 'published' });
  const conv = { filters: 4, kernelSize: 3, padding: 'same', activation: 'relu' } as const;
  model.add(layers.conv2d({ ...conv, name: 'conv', strides: 2, inputShape: [size, size, 3] }));
  model.add(layers.averagePooling2d({ name: 'means', poolSize: 3, strides: 2, padding: 'same' }));
  model.add(layers.flatten({ name: 'flat' }));
  model.add(layers.dropout({ name: 'dropped', rate: 0.5 }));
  model.add(layers.dense({ name: 'scores', units: 3, activation: 'softmax' }));
  const images = linearCongruential(4)(2 * size * size * 3, 1);
  const probabilities = model.predict(tensor(images, [2, size, size, 3])) as Tensor;
  const wanted = probabilities.log().dataSync<'float32'>();
  const published = join(folder, 'published');
  writeArtifacts(published, await layersArtifacts(model));

  using bench = new StageBench();
  const normalise = { mean: [0, 0, 0], deviation: [1, 1, 1] };
  const classes = ['real', 'painted', 'rendered'];
  await bench.run(spec, run, { inputs: { network: published }, with: { normalise, classes } });
  const loaded = bench.output('model');
  using network = await loadNetwork(loaded, 1);
  assert.deepEqual(network.info.classes, classes);
  assertClose(await outputOf(network.model, images), wanted, 1e-5);
  await selectBackend('cpu', { threads: 1 });
  const asLayers = await outputOf((await loadModel(loaded)).model, images);
  const shifted = (values: Float32Array, first: number) =>
    values.slice(first, first + 3).map((value) => value - values[first]!);
  for (const first of [0, 3]) assertClose(shifted(asLayers, first), shifted(wanted, first), 1e-5);
});
