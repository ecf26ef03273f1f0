import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Tensor, tidy } from '@tensorflow/tfjs';
import { loadModel } from '../../src/learning/models/model-files.ts';
import type { ImageInput } from '../../src/learning/models/model-info.ts';
import { inputOf } from '../../src/learning/models/model-output.ts';
import { BatchLoader } from '../../src/learning/vision/batches/batch-loader.ts';
import { openFeatures } from '../../src/learning/vision/features/features.ts';
import { assertClose } from '../../test/support/assert-close.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import { writeTintedDataset } from '../../test/support/tinted-dataset.ts';
import train from '../train/run.ts';
import { spec as trainSpec } from '../train/spec.ts';
import run from './run.ts';
import { spec } from './spec.ts';

const folder = mkdtempSync(join(tmpdir(), 'stage-'));
const dataset = join(folder, 'dataset');
const model = join(folder, 'model');
const layers = [
  { conv: 4, kernel: 5, stride: 4 },
  'relu',
  'globalAveragePool',
  { dense: 3 },
  'relu',
  { dense: 2 },
];
const small = { model: { layers }, imageSize: 24 };
before(() => writeTintedDataset(dataset, { train: 9, val: 5, test: 3 }));
after(() => rmSync(folder, { recursive: true }));

async function embedded(settings: object = small, inputs: object = {}): Promise<StageBench> {
  const bench = new StageBench();
  await bench.run(spec, run, { inputs: { dataset, ...inputs }, with: settings });
  return bench;
}

test('every image of the splits gets the values before the head, beside its metadata', async () => {
  using bench = await embedded();
  const features = openFeatures(bench.output('features'));

  const { architecture, layer, input, weights } = features.of!;
  assert.deepEqual(
    [features.classes, features.splits],
    [
      ['real', 'fake'],
      ['train', 'val', 'test'],
    ],
  );
  assert.deepEqual([architecture, layer, features.values], [{ layers }, 'globalAveragePool1', 4]);
  assert.deepEqual(input, {
    size: 24,
    fit: 'cover',
    kernel: 'linear',
    normalise: { mean: [0.4914, 0.4822, 0.4465], deviation: [0.2023, 0.1994, 0.201] },
  });
  assert.match(weights as string, /^[\da-f]{64}$/);
  const { samples, features: values } = features.split('val');
  assert.deepEqual(samples[1], {
    key: 'val/1',
    label: 1,
    class: 'fake',
    source: 'tinted',
    path: 'val/1.png',
  });
  assert.equal(values.length, 5 * 4);
  // Means of ReLU's outputs are not negative, and those of different images differ.
  assert.ok(values.every((value) => value >= 0) && new Set(values).size > 5);
  assert.deepEqual(bench.progress.at(-1), { done: 17, total: 17, unit: 'images', note: 'test' });
});

test('the same network and images give the same bytes, and another test image does not change the other splits', async () => {
  const more = join(folder, 'more');
  await writeTintedDataset(more, { train: 9, val: 5, test: 4 });
  using first = await embedded();
  using second = await embedded({ ...small, batchSize: 4 });
  using third = await embedded(small, { dataset: more });
  const read = (bench: StageBench, ...path: string[]) =>
    readFileSync(join(bench.output('features'), ...path));

  for (const file of [
    'features.json',
    'train/samples.json',
    'train/features.npy',
    'val/features.npy',
  ]) {
    assert.deepEqual(read(third, file), read(first, file), file);
  }
  assert.notDeepEqual(read(third, 'test/features.npy'), read(first, 'test/features.npy'));
  assert.deepEqual(read(second, 'train/samples.json'), read(first, 'train/samples.json'));
  assert.deepEqual(readdirSync(first.output('features')).sort(), [
    'features.json',
    'test',
    'train',
    'val',
  ]);
});

test('the features of a trained model are the outputs of its layers, the one before the head or one that is named', async () => {
  using trained = new StageBench();
  const settings = { ...small, epochs: 1, batchSize: 4, augment: { crop: 0 } };
  await trained.run(trainSpec, train, { inputs: { dataset }, with: settings });
  const given = trained.output('model');
  using bench = await embedded({ splits: ['val'] }, { model: given });
  using deeper = await embedded({ splits: ['val'], layer: 'dense1' }, { model: given });

  const features = openFeatures(bench.output('features'));
  const { model, info } = await loadModel(given);
  assert.deepEqual(features.of!['input'], info.input);
  const { size, fit, kernel, normalise } = info.input as ImageInput;
  await using loader = new BatchLoader(dataset, 'val', {
    batchSize: 5,
    normalization: normalise!,
    resize: { width: size!, height: size!, fit: fit!, kernel: kernel! },
  });
  const { value: batch } = await loader.epoch().next();
  const [inside, above] = tidy(() => {
    const all = [inputOf(model, batch.images)];
    for (const layer of model.layers.slice(1)) all.push(layer.apply(all.at(-1)!) as Tensor);
    return [all.at(-3)!.dataSync<'float32'>(), all.at(-2)!.dataSync<'float32'>()];
  });
  assertClose(features.split('val').features, inside, 1e-5);
  assertClose(openFeatures(deeper.output('features')).split('val').features, above, 1e-5);
});

test('an unknown layer, and one whose output is not flat, are refused', async () => {
  await assert.rejects(embedded({ ...small, layer: 'avg_pool' }), {
    name: 'StageError',
    message:
      'Expected a layer "avg_pool" in the network, got only image, conv1, globalAveragePool1, dense1, dense2.',
  });
  await assert.rejects(embedded({ ...small, layer: 'conv1' }), {
    name: 'StageError',
    message: 'Expected a layer whose output is flat, but conv1 outputs 5 x 5 x 4.',
  });
  await assert.rejects(
    embedded({ ...small, splits: ['dev'] }),
    /Expected one of the dataset's splits/,
  );
});

test('settings that a model brings along are refused, and a named network must accept the image size', () => {
  const check = (settings: object, ...inputs: string[]) =>
    spec.check!(spec.settings.parse(settings), new Set(inputs));
  assert.deepEqual(check({ imageSize: 64, splits: ['val'] }, 'dataset', 'model'), [
    { at: ['imageSize'], message: 'expected no "imageSize", which the input "model" brings along' },
  ]);
  assert.deepEqual(check({ imageSize: 22 }, 'dataset'), [
    { at: ['imageSize'], message: 'expected an image size of at least 23 for xception, got 22' },
  ]);
  assert.deepEqual(check({}, 'dataset'), []);
});

test('inconsistent features are refused', async () => {
  using bench = await embedded();
  const values = join(bench.output('features'), 'test', 'features.npy');
  const bytes = readFileSync(values);
  bytes.writeFloatLE(Number.NaN, bytes.length - 4);
  writeFileSync(values, bytes);
  assert.throws(() => openFeatures(bench.output('features')).split('test'), {
    name: 'StageError',
    message: /features\.npy: expected finite values, got NaN among those of test\/2$/,
  });
  const path = join(bench.output('features'), 'val', 'samples.json');
  writeFileSync(path, '[]');
  assert.throws(() => openFeatures(bench.output('features')).split('val'), {
    name: 'StageError',
    message:
      /features\.npy: expected 0 x 4 values, as its samples and features\.json say, got 5 x 4$/,
  });
  assert.throws(
    () => openFeatures(model),
    /^StageError: Expected features, but .*features\.json cannot be read/,
  );
});
