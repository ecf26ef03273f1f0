import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { version } from '@tensorflow/tfjs';
import { env } from '../../src/backend/packages/onnx-runtime.ts';
import { keyedSettings } from '../../src/engine/config/stages/settings.ts';
import type { JsonObject } from '../../src/json.ts';
import { loadModel } from '../../src/learning/models/model-files.ts';
import { parseHistory } from '../../src/learning/training/history.ts';
import { StageError } from '../../src/stage.ts';
import { writeNoiseDataset } from '../../test/support/noise-dataset.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import { writeTintedDataset } from '../../test/support/tinted-dataset.ts';
import { dataset, digests, folder, small, trained } from '../../test/support/training-bench.ts';
import run from './run.ts';
import { spec } from './spec.ts';

test('training on a dataset leaves a model, its history, a line of log for each epoch and a table', async () => {
  using bench = await trained({ ...small, monitor: ['train', 'val', 'test'] });

  const history = parseHistory(
    readFileSync(bench.output('history', spec.outputs['history']), 'utf8'),
  );
  assert.ok(history.ok);
  assert.deepEqual(history.value.splits, ['train', 'val', 'test']);
  assert.ok(
    history.value.epochs[1]!.splits['train']!.loss < history.value.epochs[0]!.splits['train']!.loss,
  );
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
  assert.match(
    bench.logs[0]!,
    /^epoch 1\/2: running loss 0\.\d{4}, train loss 0\.\d{4} accuracy \d\.\d{3}, val loss /,
  );
  assert.deepEqual(bench.highlights[0]!.columns, [
    'epoch',
    'train accuracy',
    'train loss',
    'val accuracy',
    'val loss',
    'test accuracy',
    'test loss',
    'kept',
  ]);
  assert.equal(bench.notes['backend'], 'onnxruntime');
  assert.equal(bench.notes['onnxruntime-node'], env.versions.node);
  const last = bench.progress.at(-1)!;
  assert.deepEqual([last.done, last.total, last.unit], [112, 112, 'images']);
  assert.match(last.note!, /^epoch 2\/2, evaluating test$/);
});

test('images that are not square are cropped, which a line says; on black or stretched they are whole', async () => {
  using bench = new StageBench();
  const images = join(bench.root, 'wide');
  await writeNoiseDataset(images, 6, ['train', 'val']);
  const settings = {
    model: { layers: ['globalAveragePool', { dense: 2 }] },
    imageSize: 16,
    epochs: 1,
    monitor: ['val'],
    augment: { crop: 0, flip: false },
  };
  const infos = async (fit: string) => {
    const before = bench.infos.length;
    await bench.run(spec, run, { inputs: { dataset: images }, with: { ...settings, fit } });
    return bench.infos.slice(before);
  };
  const line =
    '12 of 12 images are cropped to their middle, such as 16 x 16 of 24 x 16 (fit: cover); contain and fill show all of an image.';
  assert.deepEqual(await infos('cover'), [line]);
  assert.deepEqual(await infos('contain'), []);
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

test('a training that diverges names the batch and its images, without a stack trace', async () => {
  const settings = { ...small, imageSize: 50, optimizer: { kind: 'sgd', learningRate: 1e30 } };

  await assert.rejects(trained(settings), {
    name: 'StageError',
    message:
      /^Expected a finite loss, got NaN in epoch 1, batch 2 of 3 \(images (train\/\d+, ){3}train\/\d+ and 4 more\)\. A lower learning rate or `clip` may help\.$/,
  });
});

test('a collapse is reported in the log, the warnings and the history', async () => {
  using bench = await trained({
    ...small,
    imageSize: 50,
    optimizer: { kind: 'sgd', learningRate: 1e-12 },
  });

  const history = parseHistory(
    readFileSync(bench.output('history', spec.outputs['history']), 'utf8'),
  );
  assert.ok(history.ok);
  const called = history.value.epochs[1]!.splits['val']!.allCalled;
  assert.ok(called);
  assert.match(
    bench.logs[1]!,
    new RegExp(`, val loss 0\\.\\d{4} accuracy 0\\.500 all called ${called}$`),
  );
  assert.deepEqual(
    bench.warnings.map((warning) => warning.split(/[ :]/, 3).join(' ')),
    ['The network learned'],
  );
});

test('only settings that are not at their default enter the fingerprint, so that a new one leaves models up to date', () => {
  const keyed = (settings: JsonObject) =>
    keyedSettings(
      spec.settings,
      settings,
      JSON.parse(JSON.stringify(spec.settings.parse(settings))),
    );

  assert.deepEqual(
    keyed({ model: 'simple-net', imageSize: 256, epochs: 5, optimizer: { kind: 'adam' } }),
    {},
  );
  assert.deepEqual(keyed({ model: 'my-net', epochs: 2 }), { model: 'my-net', epochs: 2 });
  const layers = [{ conv: 8, kernel: 5 }, 'relu', 'flatten', { dense: 2 }];
  assert.deepEqual(keyed({ model: { layers } }), { model: { layers } });
});

test('it reads the splits that it trains on and monitors, and no other', () => {
  const parts = (settings: object) => spec.inputs['dataset']!.parts!(spec.settings.parse(settings));

  assert.deepEqual(parts({}), ['train', 'val']);
  assert.deepEqual(parts({ monitor: ['val', 'test'] }), ['train', 'val', 'test']);
});

test('mistakes in the settings are reported before anything runs', () => {
  const messages = (settings: object) =>
    spec.settings.safeParse(settings).error?.issues.map(({ message }) => message);
  const smallest = spec.settings.parse({ imageSize: 49 });

  assert.deepEqual(messages({ monitor: ['train', 'test'] }), [
    'expected "val" among them, since it selects the epoch',
  ]);
  assert.deepEqual(messages({ monitor: ['val', 'val'] }), ['expected every split once']);
  assert.deepEqual(spec.check!(smallest, new Set(['dataset'])), [
    { at: ['imageSize'], message: 'expected an image size of at least 50 for simple-net, got 49' },
  ]);
});

test('a dataset that does not fit is refused with what was expected', async () => {
  const three = join(folder, 'three');
  await writeTintedDataset(three, { train: 2, val: 2 }, ['real', 'fake', 'other']);
  const noVal = join(folder, 'no-val');
  await writeTintedDataset(noVal, { train: 2, val: 0 });
  const train = (path: string) =>
    new StageBench().run(spec, run, {
      inputs: { dataset: path },
      with: { ...small, model: { layers: ['flatten', { dense: 2 }] } },
    });

  await assert.rejects(
    train(three),
    /^StageError: Expected layers that end with 3 values, for real, fake, other, but they end with 2\.$/,
  );
  await assert.rejects(
    train(noVal),
    /^StageError: Expected images in the split "val", got none\.$/,
  );
});

test('published weights are named with their checksum, go with their networks alone, and are fetched or asked for', async () => {
  const check = (settings: object, ...inputs: string[]) =>
    spec.check!(
      spec.settings.parse({ imageSize: 128, ...settings }),
      new Set(['dataset', ...inputs]),
    ).map(({ message }) => message);
  const xception = { model: 'xception-based', pretrained: 'imagenet' };

  assert.deepEqual(check(xception), []);
  assert.deepEqual(check(xception, 'weights'), [
    'either `pretrained` or the input `weights`, got both',
  ]);
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
  const place = join(
    bench.root,
    'cache',
    'downloads',
    'b0042744bf5b25fce3cb969f33bebb97-xception_weights_tf_dim_ordering_tf_kernels_notop.h5',
  );
  mkdirSync(dirname(place), { recursive: true });
  writeFileSync(place, 'not it');
  await assert.rejects(
    bench.run(spec, run, { inputs: { dataset }, with: { ...small, ...xception } }),
    new StageError(
      `Expected md5 b0042744bf5b25fce3cb969f33bebb97 of ${place}, got 004b90d1c33f90c1b05780e691f79ac5: it is damaged, or another file. Remove it.`,
    ),
  );
});
