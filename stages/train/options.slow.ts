import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadModel } from '../../src/learning/models/model-files.ts';
import { openWeights } from '../../src/learning/models/weights/open-weights.ts';
import { parseHistory } from '../../src/learning/training/history.ts';
import { historyEvents } from '../../src/learning/training/tensorboard.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import { writeTintedDataset } from '../../test/support/tinted-dataset.ts';
import {
  dataset,
  digests,
  folder,
  small,
  smallNet,
  trained,
} from '../../test/support/training-bench.ts';
import run from './run.ts';
import { spec } from './spec.ts';

const faceApi = new URL(
  '../../node_modules/@vladmandic/face-api/model/age_gender_model',
  import.meta.url,
).pathname;

test('the loss decides the weights, and balances classes by the images of the training split', async () => {
  const uneven = join(folder, 'uneven');
  await writeTintedDataset(uneven, { train: 5, val: 4 });
  const weights = async (loss: object) => {
    using bench = new StageBench();
    await bench.run(spec, run, {
      inputs: { dataset: uneven },
      with: { ...small, imageSize: 50, epochs: 1, ...loss },
    });
    return digests(bench)[1];
  };

  const balanced = await weights({ loss: { classWeights: 'balanced' } });
  assert.equal(await weights({ loss: { classWeights: [5 / 6, 5 / 4] } }), balanced);
  assert.notEqual(
    await weights({ loss: { classWeights: 'balanced', labelSmoothing: 0.1 } }),
    balanced,
  );
  assert.notEqual(await weights({}), balanced);
});

test('a frozen backbone stays as it began, its statistics too, until it is unfrozen', async () => {
  const settings = { ...small, imageSize: 24, epochs: 3, model: smallNet, freeze: 'backbone' };
  using frozen = await trained(settings);
  using thawed = await trained({ ...settings, unfreeze: [{ epoch: 3, layers: ['bn1'] }] });

  const weights = async (bench: StageBench, layer: string) => {
    const { model } = await loadModel(bench.output('model'));
    return model
      .getLayer(layer)
      .getWeights()
      .map((weight) => [...weight.dataSync()]);
  };
  const untrained = [1, 0, 0, 1].map((value) => Array(4).fill(value));
  assert.deepEqual(await weights(frozen, 'bn1'), untrained);
  assert.deepEqual(await weights(thawed, 'conv1'), await weights(frozen, 'conv1'));
  assert.equal(
    frozen.warnings[0],
    'Frozen layers keep their random initial weights: connect "weights", or set "pretrained".',
  );
  assert.equal(frozen.logs[1], 'From epoch 1 on 10 of 322 parameters train.');
  assert.equal(thawed.logs[3], 'From epoch 3 on 18 of 322 parameters train.');
});

test('with tensorboard: true the history is also written for TensorBoard, and the model stays the same', async () => {
  using plain = await trained({ ...small, imageSize: 50 });
  using bench = await trained({ ...small, imageSize: 50, tensorboard: true });

  assert.deepEqual(digests(bench), digests(plain));
  const history = parseHistory(
    readFileSync(bench.output('history', spec.outputs['history']), 'utf8'),
  );
  assert.ok(history.ok);
  for (const [path, bytes] of historyEvents(history.value)) {
    assert.deepEqual(readFileSync(join(bench.output('tensorboard'), path)), bytes);
  }
  assert.equal(existsSync(plain.output('tensorboard')), false);
});

test('a net that is written in the settings trains, its dropout seeded, and is saved with its layers', async () => {
  const layers = [
    { conv: 4, kernel: 5, stride: 2, bias: false },
    'batchNorm',
    'relu',
    {
      residual: [{ separableConv: 8, padding: 'same' }, 'batchNorm'],
      shortcut: [{ conv: 8, kernel: 1 }],
    },
    { maxPool: 2 },
    'globalAveragePool',
    { dropout: 0.5 },
    { dense: 2 },
  ];
  const settings = { ...small, imageSize: 24, model: { layers } };
  using first = await trained(settings);
  using second = await trained(settings);
  using without = await trained({
    ...settings,
    model: { layers: layers.with(-2, { dropout: 0 }) },
  });

  assert.deepEqual(digests(second), digests(first));
  assert.notEqual(digests(without)[1], digests(first)[1]);
  const { model, info } = await loadModel(first.output('model'));
  assert.deepEqual(info.architecture, { layers });
  assert.equal(model.getLayer('residual1_add').outputShape.toString(), ',10,10,8');
  const [, , mean, variance] = model.getLayer('bn1').getWeights();
  assert.ok(
    [...mean!.dataSync(), ...variance!.dataSync()].every((value) => value !== 0 && value !== 1),
  );
});

test('training begins with the weights of a file, normalised as they need it unless the settings say otherwise', async () => {
  const inputs = {
    dataset,
    weights: `${faceApi}-weights_manifest.json`,
    shards: [`${faceApi}.bin`],
  };
  const settings = { ...small, model: 'tiny-xception', imageSize: 32, epochs: 1 };
  // So small a rate leaves the weights where they begin.
  const still = { ...settings, optimizer: { kind: 'sgd', learningRate: 1e-12 } };
  using bench = new StageBench();
  await bench.run(spec, run, { inputs, with: still });

  const { model, info } = await loadModel(bench.output('model'));
  using stored = await openWeights([inputs.weights, ...inputs.shards]);
  const filters = stored.tensors.get('entry_flow/conv_in/filters')!.read();
  const began = model.getLayer('entry_flow/conv_in').getWeights()[0]!.dataSync();
  assert.ok(filters.every((value, i) => Math.abs(value - began[i]!) < 1e-9));
  assert.ok('normalise' in info.input);
  assert.deepEqual(info.input.normalise, {
    mean: [122.782 / 255, 117.001 / 255, 104.298 / 255],
    deviation: [1, 1, 1],
  });
  assert.deepEqual(bench.logs.slice(0, 4), [
    `Weights of 17 layers come from ${inputs.weights}, which names them as @vladmandic/face-api does.`,
    'Random, as part of the head: logits (expected logits/weights of 512 x 2, got no tensor of that name).',
    'Left unused: fc/age/weights, fc/age/bias, fc/gender/weights, fc/gender/bias.',
    'Their network saw images normalised by mean 0.4815, 0.4588, 0.409 and deviation 1, 1, 1.',
  ]);
  // Its own model again, head and all, and with another normalisation.
  using again = new StageBench();
  const normalise = { mean: [0, 0, 0], deviation: [1, 1, 1] };
  await again.run(spec, run, {
    inputs: { dataset, weights: bench.output('model') },
    with: { ...still, normalise },
  });
  assert.match(
    again.logs[0]!,
    /^Weights of 18 layers come from .*model\.json, which names them as Restage does\.$/,
  );
  const { input } = (await loadModel(again.output('model'))).info;
  assert.deepEqual('normalise' in input && input.normalise, normalise);
});
