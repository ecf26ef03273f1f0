import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadModel } from '../../src/learning/models/model-files.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import { writeTintedDataset } from '../../test/support/tinted-dataset.ts';
import { digests, small, smallNet, trained } from '../../test/support/training-bench.ts';
import run from './run.ts';
import { spec } from './spec.ts';

test('both forms of Xception train, each at an image size of its own', async () => {
  for (const [model, imageSize] of [
    ['xception', 71],
    ['xception-based', 96],
  ] as const) {
    using bench = new StageBench();
    const dataset = join(bench.root, 'dataset');
    await writeTintedDataset(dataset, { train: 16, val: 8 });
    const settings = { model, imageSize, batchSize: 8, epochs: 1, augment: { crop: 2 } };
    await bench.run(spec, run, { inputs: { dataset }, with: settings });

    const { model: trained, info } = await loadModel(bench.output('model'));
    assert.equal(info.architecture, model);
    assert.equal(trained.getLayer('avg_pool').outputShape.toString(), ',2048');
    assert.deepEqual(trained.outputs[0]!.shape, [null, 2]);
    trained.dispose();
  }
});

test('training with every augmentation depends on the seed alone', async () => {
  const changes = {
    colour: { brightness: 0.4, hue: 0.1 },
    blur: {},
    noise: {},
    downscale: {},
    cutout: {},
    jpeg: {},
  };
  const settings = {
    ...small,
    epochs: 1,
    augment: { crop: 2, ...changes, mixup: { probability: 1 } },
  };
  using first = await trained(settings);
  using second = await trained({ ...settings, trainValues: 'running' });
  using unmixed = await trained({ ...settings, augment: { crop: 2, ...changes } });

  assert.deepEqual(digests(second).slice(0, 3), digests(first).slice(0, 3));
  assert.notEqual(digests(unmixed)[1], digests(first)[1]);
});

test('every option of a step has an effect beside the others, and all are reproducible', async () => {
  const options = {
    loss: { labelSmoothing: 0.1, classWeights: [1, 2] },
    clip: { norm: 0.5 },
    ema: { decay: 0.8 },
  };
  const settings = { ...small, imageSize: 24, model: smallNet };
  using first = await trained({ ...settings, ...options });
  using second = await trained({ ...settings, ...options });

  assert.deepEqual(digests(second), digests(first));
  for (const option of Object.keys(options)) {
    const others = Object.fromEntries(Object.entries(options).filter(([name]) => name !== option));
    using without = await trained({ ...settings, ...others });
    assert.notEqual(digests(without)[1], digests(first)[1], option);
  }
});

test('the small named networks train, too', async () => {
  for (const settings of [
    { model: 'my-net', imageSize: 154 },
    { model: 'tiny-xception', imageSize: 32 },
  ]) {
    using bench = await trained({ ...small, ...settings, epochs: 1 });
    const { model, info } = await loadModel(bench.output('model'));
    assert.equal(info.architecture, settings.model);
    assert.deepEqual(model.outputs[0]!.shape, [null, 2]);
  }
});
