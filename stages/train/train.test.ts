import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { version } from '@tensorflow/tfjs';
import { env } from 'onnxruntime-node';
import { keyedSettings } from '../../src/config/keyed-settings.ts';
import type { JsonObject } from '../../src/json.ts';
import { loadModel } from '../../src/models/model-files.ts';
import { openWeights } from '../../src/models/weights/open-weights.ts';
import { StageError } from '../../src/stage.ts';
import { parseHistory } from '../../src/training/history.ts';
import { historyEvents } from '../../src/training/tensorboard/history-events.ts';
import { StageBench } from '../../test/stage-bench.ts';
import { writeTintedDataset } from '../../test/tinted-dataset.ts';
import { dataset, digests, folder, small, trained } from '../../test/training-bench.ts';
import run from './run.ts';
import { spec } from './spec.ts';

test('training on a dataset leaves a model, its history, a line of log for each epoch and a table', async () => {
  using bench = await trained({ ...small, monitor: ['train', 'val', 'test'] });

  const history = parseHistory(readFileSync(bench.output('history', spec.outputs['history']), 'utf8'));
  assert.ok(history.ok);
  assert.deepEqual(history.value.splits, ['train', 'val', 'test']);
  assert.ok(history.value.epochs[1]!.splits['train']!.loss < history.value.epochs[0]!.splits['train']!.loss);
  const { model, info } = await loadModel(bench.output('model'));
  assert.deepEqual(model.inputs[0]!.shape, [null, 56, 56, 3]);
  assert.deepEqual(info, {
    architecture: 'simple-net',
    classes: ['real', 'fake'],
    input: {
      size: 56,
      fit: 'cover',
      kernel: 'linear',
      normalise: { mean: [0.4914, 0.4822, 0.4465], deviation: [0.2023, 0.1994, 0.201] },
    },
    training: {
      pretrained: 'none',
      augment: { crop: 2, flip: true },
      optimizer: { kind: 'adam', learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
      batchSize: 8,
      epochs: 2,
      seed: 3,
    },
    chosenEpoch: history.value.chosenEpoch,
    backend: 'onnxruntime',
    versions: { '@tensorflow/tfjs': version.tfjs, 'onnxruntime-node': env.versions.node },
  });
  assert.match(bench.logs[0]!, /^epoch 1\/2: running loss 0\.\d{4}, train loss 0\.\d{4} accuracy \d+\.\d %, val loss /);
  assert.deepEqual(bench.highlights[0]!.columns, [
    ...['epoch', 'train accuracy', 'train loss', 'val accuracy', 'val loss', 'test accuracy', 'test loss', 'kept'],
  ]);
  assert.equal(bench.notes['backend'], 'onnxruntime');
  assert.equal(bench.notes['onnxruntime-node'], env.versions.node);
  const last = bench.progress.at(-1)!;
  assert.deepEqual([last.done, last.total, last.unit], [112, 112, 'images']);
  assert.match(last.note!, /^epoch 2\/2, evaluating test$/);
});

test('the same seed gives the same bytes, and what is monitored does not change the model', async () => {
  using first = await trained();
  using second = await trained();
  using monitored = await trained({ ...small, monitor: ['val', 'test'], trainValues: 'running' });
  using otherSeed = await trained({ ...small, seed: 4 });

  assert.deepEqual(digests(second), digests(first));
  assert.deepEqual(digests(monitored).slice(0, 3), digests(first).slice(0, 3));
  assert.notEqual(digests(otherSeed)[1], digests(first)[1]);
});

test('a net that is written in the settings trains, its dropout seeded, and is saved with its layers', async () => {
  const layers = [
    ...[{ conv: 4, kernel: 5, stride: 2, bias: false }, 'batchNorm', 'relu'],
    { residual: [{ separableConv: 8, padding: 'same' }, 'batchNorm'], shortcut: [{ conv: 8, kernel: 1 }] },
    ...[{ maxPool: 2 }, 'globalAveragePool', { dropout: 0.5 }, { dense: 2 }],
  ];
  const settings = { ...small, imageSize: 24, model: { layers } };
  using first = await trained(settings);
  using second = await trained(settings);
  using without = await trained({ ...settings, model: { layers: layers.with(-2, { dropout: 0 }) } });

  assert.deepEqual(digests(second), digests(first));
  assert.notEqual(digests(without)[1], digests(first)[1]);
  const { model, info } = await loadModel(first.output('model'));
  assert.deepEqual(info.architecture, { layers });
  assert.equal(model.getLayer('residual1_add').outputShape.toString(), ',10,10,8');
  const [, , mean, variance] = model.getLayer('bn1').getWeights();
  assert.ok([...mean!.dataSync(), ...variance!.dataSync()].every((value) => value !== 0 && value !== 1));
});

test('what is minimised decides the weights, and is balanced by the images of the training split', async () => {
  const uneven = join(folder, 'uneven');
  await writeTintedDataset(uneven, { train: 5, val: 4 });
  const weights = async (loss: object) => {
    using bench = new StageBench();
    await bench.run(spec, run, { inputs: { dataset: uneven }, with: { ...small, imageSize: 50, epochs: 1, ...loss } });
    return digests(bench)[1];
  };

  const balanced = await weights({ loss: { classWeights: 'balanced' } });
  assert.equal(await weights({ loss: { classWeights: [5 / 6, 5 / 4] } }), balanced);
  assert.notEqual(await weights({ loss: { classWeights: 'balanced', labelSmoothing: 0.1 } }), balanced);
  assert.notEqual(await weights({}), balanced);
});

test('a frozen backbone stays as it began, its statistics too, until it is unfrozen', async () => {
  const layers = [{ conv: 4, kernel: 5, stride: 4 }, 'batchNorm', 'relu', 'globalAveragePool', { dense: 2 }];
  const settings = { ...small, imageSize: 24, epochs: 3, model: { layers }, freeze: 'backbone' };
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
    'What is frozen keeps the random weights that it begins with: connect "weights", or set "pretrained".',
  );
  assert.equal(frozen.logs[0], 'From epoch 1 on 10 of 322 parameters train.');
  assert.equal(thawed.logs[3], 'From epoch 3 on 18 of 322 parameters train.');
});

test('a training that diverges names the batch and its images, and no stack', async () => {
  const settings = { ...small, imageSize: 50, optimizer: { kind: 'sgd', learningRate: 1e30 } };

  await assert.rejects(trained(settings), {
    name: 'StageError',
    message:
      /^Expected a finite loss, got NaN in epoch 1, batch 2 of 3 \(images (train\/\d+, ){3}train\/\d+ and 4 more\)\. A lower learning rate or `clip` may help\.$/,
  });
});

test('a collapse is said in the log, the warnings and the history', async () => {
  using bench = await trained({ ...small, imageSize: 50, optimizer: { kind: 'sgd', learningRate: 1e-12 } });

  const history = parseHistory(readFileSync(bench.output('history', spec.outputs['history']), 'utf8'));
  assert.ok(history.ok);
  const called = history.value.epochs[1]!.splits['val']!.allCalled;
  assert.ok(called);
  assert.match(bench.logs[1]!, new RegExp(`, val loss 0\\.\\d{4} accuracy 50\\.0 % all called ${called}$`));
  assert.deepEqual(
    bench.warnings.map((warning) => warning.split(/[ :]/, 3).join(' ')),
    ['After epoch 1', 'The network learned'],
  );
});

test('the history goes to TensorBoard, too, where that is asked for, and leaves the model as it is', async () => {
  using plain = await trained({ ...small, imageSize: 50 });
  using bench = await trained({ ...small, imageSize: 50, tensorboard: true });

  assert.deepEqual(digests(bench), digests(plain));
  const history = parseHistory(readFileSync(bench.output('history', spec.outputs['history']), 'utf8'));
  assert.ok(history.ok);
  for (const [path, bytes] of historyEvents(history.value)) {
    assert.deepEqual(readFileSync(join(bench.output('tensorboard'), path)), bytes);
  }
  assert.equal(existsSync(plain.output('tensorboard')), false);
});

test('only settings that are not at their default are keyed, so that a new one keeps what was trained before', () => {
  const keyed = (settings: JsonObject) =>
    keyedSettings(spec.settings, settings, JSON.parse(JSON.stringify(spec.settings.parse(settings))));

  assert.deepEqual(keyed({ model: 'simple-net', imageSize: 256, epochs: 5, optimizer: { kind: 'adam' } }), {});
  assert.deepEqual(keyed({ model: 'my-net', epochs: 2 }), { model: 'my-net', epochs: 2 });
  const layers = [{ conv: 8, kernel: 5 }, 'relu', 'flatten', { dense: 2 }];
  assert.deepEqual(keyed({ model: { layers } }), { model: { layers } });
});

test('it reads the splits that it trains on and monitors, and no other', () => {
  const parts = (settings: object) => spec.inputs['dataset']!.parts!(spec.settings.parse(settings));

  assert.deepEqual(parts({}), ['train', 'val']);
  assert.deepEqual(parts({ monitor: ['val', 'test'] }), ['train', 'val', 'test']);
});

test('mistakes in the settings are told before anything runs', () => {
  const messages = (settings: object) => spec.settings.safeParse(settings).error?.issues.map(({ message }) => message);
  const smallest = spec.settings.parse({ imageSize: 49 });

  assert.deepEqual(messages({ monitor: ['train', 'test'] }), ['expected "val" among them, since it selects the epoch']);
  assert.deepEqual(messages({ monitor: ['val', 'val'] }), ['expected every split once']);
  assert.deepEqual(spec.check!(smallest, new Set(['dataset'])), [
    { at: ['imageSize'], message: 'expected at least 50 for simple-net, got 49' },
  ]);
});

test('a dataset that does not fit is refused with what was expected', async () => {
  const three = join(folder, 'three');
  const noVal = join(folder, 'no-val');
  await writeTintedDataset(three, { train: 2, val: 2 }, ['real', 'fake', 'other']);
  await writeTintedDataset(noVal, { train: 2, val: 0 });
  const train = (path: string) => new StageBench().run(spec, run, { inputs: { dataset: path }, with: small });

  await assert.rejects(
    train(three),
    /^StageError: Expected a dataset of two classes, real first, got real, fake, other\.$/,
  );
  await assert.rejects(train(noVal), /^StageError: Expected images in the split "val", got none\.$/);
});

const faceApi = new URL('../../node_modules/@vladmandic/face-api/model/age_gender_model', import.meta.url).pathname;

test('training begins with the weights of a file, normalised as they need it unless the settings say otherwise', async () => {
  const inputs = { dataset, weights: `${faceApi}-weights_manifest.json`, shards: [`${faceApi}.bin`] };
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
    `Weights of 17 layers are those of ${inputs.weights}, which calls them as @vladmandic/face-api does.`,
    'Begins at random, as part of the head: logits (expected logits/weights of 512 x 2, got no tensor of that name).',
    'Left unused: fc/age/weights, fc/age/bias, fc/gender/weights, fc/gender/bias.',
    'Their network saw images normalised by mean 0.4815, 0.4588, 0.409 and deviation 1, 1, 1.',
  ]);
  // Its own model again, head and all, and with another normalisation.
  using again = new StageBench();
  const normalise = { mean: [0, 0, 0], deviation: [1, 1, 1] };
  await again.run(spec, run, { inputs: { dataset, weights: bench.output('model') }, with: { ...still, normalise } });
  assert.match(again.logs[0]!, /^Weights of 18 layers are those of .*model\.json, which calls them as Restage does\.$/);
  const { input } = (await loadModel(again.output('model'))).info;
  assert.deepEqual('normalise' in input && input.normalise, normalise);
});

test('published weights are named with their checksum, go with their networks alone, and are fetched or asked for', async () => {
  const check = (settings: object, ...inputs: string[]) =>
    spec.check!(spec.settings.parse({ imageSize: 128, ...settings }), new Set(['dataset', ...inputs])).map(
      ({ message }) => message,
    );
  const xception = { model: 'xception-based', pretrained: 'imagenet' };

  assert.deepEqual(check(xception), []);
  assert.deepEqual(check(xception, 'weights'), ['either `pretrained` or the input `weights`, got both']);
  assert.deepEqual(check({ ...xception, pretrained: 'none' }, 'weights', 'shards'), []);
  for (const pretrained of ['imagenet', 'none']) {
    assert.deepEqual(check({ ...xception, pretrained }, 'shards'), [
      'expected the input `weights` beside `shards`: the manifest that names them',
    ]);
  }
  assert.deepEqual(check({ pretrained: 'imagenet' }), [
    'these are weights of xception, xception-based, got simple-net',
  ]);
  const keyed = (given: JsonObject) =>
    keyedSettings(spec.settings, given, JSON.parse(JSON.stringify(spec.settings.parse(given))));
  assert.deepEqual(keyed(xception), {
    model: 'xception-based',
    pretrained: 'imagenet@md5:b0042744bf5b25fce3cb969f33bebb97',
  });
  assert.deepEqual(keyed({ ...xception, pretrained: 'none' }), { model: 'xception-based' });

  using bench = new StageBench();
  const place = join(bench.root, 'cache', 'downloads', 'xception_weights_tf_dim_ordering_tf_kernels_notop.h5');
  mkdirSync(dirname(place), { recursive: true });
  writeFileSync(place, 'not it');
  await assert.rejects(
    bench.run(spec, run, { inputs: { dataset }, with: { ...small, ...xception } }),
    new StageError(
      `Expected md5 b0042744bf5b25fce3cb969f33bebb97 of ${place}, got 004b90d1c33f90c1b05780e691f79ac5: it is damaged, or another file. Remove it.`,
    ),
  );
});
