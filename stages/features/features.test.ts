import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { DatasetWriter } from '../../src/learning/vision/dataset/dataset-writer.ts';
import { openFeatures } from '../../src/learning/vision/features/features.ts';
import { StageError } from '../../src/stage.ts';
import { writeFeatures } from '../../test/support/features-artifact.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import { writeTintedDataset } from '../../test/support/tinted-dataset.ts';
import { type FeatureSet, featureSets } from './feature-sets.ts';
import { countOf, featuresOf } from './image-features.ts';
import run from './run.ts';
import { spec } from './spec.ts';

const golden = JSON.parse(
  readFileSync(new URL('../../test/golden/hand-made-features.json', import.meta.url), 'utf8'),
) as { width: number; height: number; pixels: number[] } & Record<FeatureSet, number[]>;

const goldenImage = {
  width: golden.width,
  height: golden.height,
  pixels: Uint8Array.from(golden.pixels),
};

test('residual co-occurrences, spectra and block coefficients are those of an independent implementation', () => {
  for (const set of featureSets) {
    const values = featuresOf(goldenImage, [set]);
    assert.equal(values.length, golden[set].length, set);
    const apart = values.map((value, i) => Math.abs(value - golden[set][i]!));
    assert.ok(Math.max(...apart) < 2e-6, `${set}: ${Math.max(...apart)}`);
  }
  assert.deepEqual(
    featuresOf(goldenImage, ['dct', 'residuals']),
    Float32Array.from([
      ...featuresOf(goldenImage, ['residuals']),
      ...featuresOf(goldenImage, ['dct']),
    ]),
  );
  assert.deepEqual(
    featureSets.map((set) => countOf([set])),
    [1521, 264, 192],
  );
});

test('residuals do not change if an image is mirrored or turned upside down', () => {
  const { width, height, pixels } = goldenImage;
  const mirrored = Uint8Array.from(pixels, (_, i) => {
    const y = Math.floor(i / 3 / width);
    const x = Math.floor(i / 3) % width;
    return pixels[3 * (y * width + (width - 1 - x)) + (i % 3)]!;
  });
  const turned = Uint8Array.from(pixels, (_, i) => {
    const y = Math.floor(i / 3 / width);
    return pixels[3 * ((height - 1 - y) * width) + (i % (3 * width))]!;
  });
  const expected = featuresOf(goldenImage, ['residuals']);
  for (const image of [mirrored, turned])
    assert.deepEqual(featuresOf({ width, height, pixels: image }, ['residuals']), expected);
});

const outputOf = (bench: StageBench) => openFeatures(bench.output('features'));

test('images are measured at their own size, in the order of the dataset, and a corruption changes them', async () => {
  using bench = new StageBench();
  const dataset = join(bench.root, 'dataset');
  await writeTintedDataset(dataset, { train: 3, val: 2 });
  const measure = async (settings: object) => {
    await bench.run(spec, run, {
      inputs: { dataset },
      with: { splits: ['train', 'val'], of: ['dct'], ...settings },
    });
    return outputOf(bench);
  };
  const plain = await measure({});
  assert.deepEqual(
    [plain.values, plain.classes, plain.of],
    [192, ['real', 'fake'], { sets: ['dct'], parameters: 0 }],
  );
  assert.deepEqual(
    plain.split('train').samples.map(({ key, label }) => [key, label]),
    [
      ['train/0', 0],
      ['train/1', 1],
      ['train/2', 0],
    ],
  );
  const first = plain.split('train').features.slice(0, 192);
  const compressed = (await measure({ corrupt: { jpeg: 50 } })).split('train').features;
  // Few high frequencies survive.
  assert.ok(compressed[63]! < first[63]! - 0.3, `${compressed[63]} after, ${first[63]} before`);
  assert.ok(Math.abs(compressed[0]! - first[0]!) < 0.05);
});

test('features of several origins become one row for each image, matched by key', async () => {
  using bench = new StageBench();
  const dataset = join(bench.root, 'dataset');
  const embedded = join(bench.root, 'embedded');
  await writeTintedDataset(dataset, { val: 4 });
  await writeFeatures(embedded, { val: 6 }, { values: 3 });
  await bench.run(spec, run, {
    inputs: { dataset, features: [embedded] },
    with: { splits: ['val'], of: ['dct'] },
  });
  const { values, of, ...joined } = outputOf(bench);
  assert.equal(values, 195);
  assert.deepEqual(of, {
    joined: [{ sets: ['dct'], parameters: 0 }, { layer: 'made up' }],
  });
  const { samples, features } = joined.split('val');
  assert.deepEqual(
    samples.map(({ key }) => key),
    ['val/0', 'val/1', 'val/2', 'val/3'],
  );
  const third = openFeatures(embedded).split('val').features.subarray(6, 9);
  assert.deepEqual(features.subarray(2 * 195 + 192, 3 * 195), third);

  await writeTintedDataset(join(bench.root, 'more'), { val: 8 });
  await assert.rejects(
    bench.run(spec, run, {
      inputs: { dataset: join(bench.root, 'more'), features: [embedded] },
      with: { splits: ['val'] },
    }),
    new StageError(
      'Expected features of the same images, but features 1 lacks 2 images of val, such as val/6.',
    ),
  );
});

test('what cannot be measured is named', async () => {
  using bench = new StageBench();
  const dataset = join(bench.root, 'dataset');
  using writer = new DatasetWriter(dataset, { classes: ['real', 'fake'], splits: ['val'] });
  const png = await sharp({
    create: { width: 9, height: 7, channels: 3, background: 'red' },
  })
    .png()
    .toBuffer();
  const sample = { key: 'a', label: 0, source: 'real', path: 'val/a.png', width: 9, height: 7 };
  writer.add('val', sample, png);
  writer.finish();
  await assert.rejects(
    bench.run(spec, run, { inputs: { dataset }, with: { splits: ['val'] } }),
    new StageError('val/a.png cannot be measured: expected at least 8 x 8 pixels, got 9 x 7.'),
  );
  const check = (settings: object, inputs: readonly string[]) =>
    spec.check!(spec.settings.parse(settings), new Set(inputs)).map(({ message }) => message);
  assert.deepEqual(check({}, []), [
    'expected the input "dataset", "features", or both, got neither',
  ]);
  assert.deepEqual(check({ corrupt: { jpeg: 75 } }, ['features']), [
    'expected a "dataset", since images are corrupted before they are measured',
  ]);
});
