import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { countParameters } from '../../src/learning/models/count-parameters.ts';
import { loadModel } from '../../src/learning/models/model-files.ts';
import { readModelInfo } from '../../src/learning/models/model-info.ts';
import type { ModelSetting } from '../../src/learning/models/model-setting.ts';
import { type Features, openFeatures } from '../../src/learning/vision/features/features.ts';
import { StageError } from '../../src/stage.ts';
import { assertClose } from '../../test/support/assert-close.ts';
import { smallOnnx } from '../../test/support/small-onnx.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import { writeTintedDataset } from '../../test/support/tinted-dataset.ts';
import { writeUntrainedModel } from '../../test/support/untrained-model.ts';
import linear from '../linear/run.ts';
import { spec as linearSpec } from '../linear/spec.ts';
import run from './run.ts';
import { spec } from './spec.ts';

const net: ModelSetting = {
  layers: [
    { conv: 4, kernel: 3, stride: 2, name: 'fine' },
    { activation: 'relu', name: 'active' },
    { conv: 6, kernel: 3, stride: 2, name: 'coarse' },
    { globalAveragePool: true, name: 'pooled' },
    { dense: 2, name: 'logits' },
  ],
};

async function inputsOf(bench: StageBench) {
  const dataset = join(bench.root, 'dataset');
  const model = join(bench.root, 'model');
  await writeTintedDataset(dataset, { train: 20, val: 10 });
  await writeUntrainedModel(model, { net, imageSize: 24 });
  return { dataset, model };
}

/** The columns of a split's rows, from `begin` on. */
function columns(features: Features, split: string, begin: number, count: number) {
  const { features: rows, samples } = features.split(split);
  return samples.map((_, i) => [
    ...rows.subarray(i * features.values + begin, i * features.values + begin + count),
  ]);
}

test('several layers, pooled by mean and deviation, make one row for each image, on which a linear classifier learns', async () => {
  using bench = new StageBench();
  const inputs = await inputsOf(bench);
  const embed = async (settings: object) => {
    await bench.run(spec, run, { inputs, with: { splits: ['train', 'val'], ...settings } });
    return openFeatures(bench.output('features'));
  };
  const usual = await embed({});
  const expected = columns(usual, 'val', 0, 6);
  const both = await embed({
    layers: ['active', 'coarse', 'logits'],
    pool: ['mean', 'deviation'],
    batchSize: 3,
  });
  assert.equal(both.values, 2 * 4 + 2 * 6 + 2);
  assert.deepEqual(both.of?.['layers'], ['active', 'coarse', 'logits']);
  // The mean of the last convolution is what the network's own pooling gives.
  assertClose(
    Float32Array.from(columns(both, 'val', 8, 6).flat()),
    Float32Array.from(expected.flat()),
    1e-5,
  );
  for (const row of columns(both, 'val', 4, 4)) assert.ok(row.every((value) => value >= 0));
  assert.ok(
    columns(both, 'val', 4, 4)
      .flat()
      .some((value) => value > 0.01),
  );
  const means = await embed({ layers: ['coarse'] });
  assert.deepEqual([means.values, means.of?.['pool']], [6, ['mean']]);
  assertClose(
    Float32Array.from(columns(means, 'val', 0, 6).flat()),
    Float32Array.from(columns(both, 'val', 8, 6).flat()),
    1e-5,
  );

  using fitted = new StageBench();
  await fitted.run(linearSpec, linear, { inputs: { features: bench.output('features') } });
  const model = fitted.output('model');
  const { model: head } = await loadModel(model);
  assert.deepEqual(head.inputs[0]!.shape, [null, 6]);
  // The head's 14, and those of both convolutions.
  assert.equal(countParameters(model, readModelInfo(model)), 14 + 4 * 28 + 6 * 37);
  assert.match(
    readFileSync(fitted.output('path', linearSpec.outputs['path']), 'utf8'),
    /^c,trainLoss/,
  );
});

test('a network of a file sees images of the size that its published preprocessing says', async () => {
  using bench = new StageBench();
  const { dataset } = await inputsOf(bench);
  const network = join(bench.root, 'net.onnx');
  const preprocessing = join(bench.root, 'config.json');
  const constants = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
  const published = {
    input_size: [3, 16, 16],
    interpolation: 'bilinear',
    crop_pct: 1,
    ...constants,
  };
  writeFileSync(preprocessing, JSON.stringify({ pretrained_cfg: published }));
  const inputs = { dataset, network, preprocessing };
  const embed = () => bench.run(spec, run, { inputs, with: { splits: ['val'] } });
  writeFileSync(network, smallOnnx('pixels'));
  await embed();
  const { size } = openFeatures(bench.output('features')).of!['input'] as { size: number };
  assert.equal(size, 16);
  writeFileSync(network, smallOnnx());
  await assert.rejects(
    embed(),
    new StageError(
      'Expected images of 8 pixels a side, as net.onnx takes them, got 16, the size that the input "preprocessing" means by default: set imageSize: 8 beside it.',
    ),
  );
});

test('layers that cannot be pooled are refused', async () => {
  using bench = new StageBench();
  const inputs = await inputsOf(bench);
  await assert.rejects(
    bench.run(spec, run, { inputs, with: { splits: ['val'], layers: ['coarsee'] } }),
    new StageError(
      'Expected a layer of the network, got "coarsee". Did you mean "coarse"? There are image, fine, active, coarse, pooled, logits.',
    ),
  );
  const check = (settings: object, ports: readonly string[]) =>
    spec.check!(spec.settings.parse(settings), new Set(ports)).map(({ message }) => message);
  assert.deepEqual(check({ layer: 'a', layers: ['b'] }, ['dataset', 'model']), [
    'either "layer" or "layers", got both',
  ]);
  assert.deepEqual(check({ pool: ['deviation'] }, ['dataset', 'model']), [
    'expected "layers", whose outputs are pooled',
  ]);
});
