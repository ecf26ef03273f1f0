import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { noiseImage } from '../../src/learning/vision/augment/testing-images.ts';
import { DatasetWriter } from '../../src/learning/vision/dataset/dataset-writer.ts';
import { openDataset } from '../../src/learning/vision/dataset/open-dataset.ts';
import { type DecodedImage, decodeImage } from '../../src/learning/vision/decode-image.ts';
import { readJpegTables } from '../../src/learning/vision/forensics/jpeg-tables.ts';
import { StageError } from '../../src/stage.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import { exchangeProperty, type ImageOfFace } from './exchange-image.ts';
import run from './run.ts';
import { spec } from './spec.ts';

const ellipse = ({ width, height }: DecodedImage) => ({
  x: width / 2,
  y: height / 2,
  halfWidth: width / 4,
  halfHeight: height / 4,
});

async function image(
  { width, height, pixels }: DecodedImage,
  quality?: number,
): Promise<ImageOfFace> {
  const raw = sharp(pixels, { raw: { width, height, channels: 3 } });
  const bytes = await (quality === undefined ? raw.png() : raw.jpeg({ quality })).toBuffer();
  return { bytes, ellipse };
}

const one = noiseImage(1, 40, 40);
const dark = {
  ...noiseImage(2, 60, 30),
  pixels: noiseImage(2, 60, 30).pixels.map((value) => 20 + Math.round(value / 8)),
};

const deviationOf = (values: ArrayLike<number>) => {
  const all = Array.from(values);
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  return {
    mean,
    deviation: Math.sqrt(all.reduce((sum, v) => sum + (v - mean) ** 2, 0) / all.length),
  };
};

test('an image takes the encoding of its partner: the quality of its JPEG, or PNG', async () => {
  const taken = await exchangeProperty('encoding', await image(one), await image(dark, 35));
  assert.equal(readJpegTables(taken)!.quality, 35);
  const png = await exchangeProperty('encoding', await image(one, 35), await image(dark));
  assert.equal((await sharp(png).metadata()).format, 'png');
});

test('an image takes the area of its partner, and keeps its aspect', async () => {
  const taken = await decodeImage(
    await exchangeProperty('size', await image(one), await image(dark)),
  );
  assert.equal(taken.width, taken.height);
  assert.ok(Math.abs(taken.width * taken.height - 60 * 30) < 60);
});

test('an image takes mean and deviation of its partner’s colours', async () => {
  const taken = await decodeImage(
    await exchangeProperty('brightness', await image(one), await image(dark)),
  );
  const own = deviationOf(taken.pixels);
  const other = deviationOf(dark.pixels);
  assert.ok(Math.abs(own.mean - other.mean) < 1);
  assert.ok(Math.abs(own.deviation - other.deviation) < 1);
});

test('an image takes the detail of its partner, and keeps its mean', async () => {
  const smooth = { ...one, pixels: one.pixels.map((value) => 120 + Math.round(value / 32)) };
  const taken = await decodeImage(
    await exchangeProperty('detail', await image(one), await image(smooth)),
  );
  assert.ok(deviationOf(taken.pixels).deviation < deviationOf(one.pixels).deviation / 3);
  assert.ok(Math.abs(deviationOf(taken.pixels).mean - deviationOf(one.pixels).mean) < 2);
});

test('a background is the partner’s outside of the ellipse, and the face stays', async () => {
  const taken = await decodeImage(
    await exchangeProperty(
      'background',
      await image(one),
      await image({ ...dark, width: 40, height: 40, pixels: dark.pixels.slice(0, 4800) }),
    ),
  );
  const at = (x: number, y: number) => (y * 40 + x) * 3;
  assert.equal(taken.pixels[at(20, 20)], one.pixels[at(20, 20)]);
  assert.equal(taken.pixels[at(1, 1)], dark.pixels[at(1, 1)]);
});

test('a face is moved and scaled to the place of its partner’s', async () => {
  const black = { ...one, pixels: new Uint8Array(one.pixels.length) };
  const face = { ...black, pixels: black.pixels.slice() };
  for (let y = 16; y < 24; y++)
    for (let x = 16; x < 24; x++) face.pixels.fill(255, (y * 40 + x) * 3, (y * 40 + x + 1) * 3);
  const own = await image(face);
  const partner: ImageOfFace = {
    bytes: own.bytes,
    ellipse: () => ({ x: 10, y: 30, halfWidth: 5, halfHeight: 5 }),
  };
  const taken = await decodeImage(await exchangeProperty('framing', own, partner));
  let sum = 0;
  let x = 0;
  let y = 0;
  for (let i = 0; i < 1600; i++) {
    const value = taken.pixels[3 * i]!;
    sum += value;
    x += value * ((i % 40) + 0.5);
    y += value * (Math.floor(i / 40) + 0.5);
  }
  assert.ok(Math.abs(x / sum - 10) < 1 && Math.abs(y / sum - 30) < 1);
  // A square of 8 x 8 pixels, at half the size.
  assert.ok(Math.abs(sum / 255 - 16) < 4);
});

async function dataset(bench: StageBench, reals: number, fakes: number): Promise<string> {
  const folder = join(bench.root, 'set');
  using writer = new DatasetWriter(folder, { classes: ['real', 'fake'], splits: ['test'] });
  for (const [label, count] of [reals, fakes].entries())
    for (let i = 0; i < count; i++) {
      // Every image has a size of its own, which says who took it.
      const side = 20 + 2 * i + label;
      const { bytes } = await image(noiseImage(i, side, side));
      writer.add(
        'test',
        {
          key: `${label}-${i}`,
          label,
          source: label === 0 ? 'real' : 'swap',
          path: `${label}/${i}.png`,
          group: `g${i}`,
          width: side,
          height: side,
        },
        bytes,
      );
    }
  writer.finish();
  return folder;
}

test('each image has a partner of its own, and keeps its key, label and group', async () => {
  for (const partner of ['other', 'own'] as const) {
    using bench = new StageBench();
    const inputs = { dataset: await dataset(bench, 6, 6) };
    await bench.run(spec, run, { inputs, with: { property: 'size', partner } });
    using given = openDataset(inputs.dataset);
    using made = openDataset(bench.output('dataset'));
    const before = given.split('test').samples;
    const after = made.split('test').samples;
    const facts = ({ key, label, source, group }: (typeof after)[number]) =>
      [key, label, source, group].join();
    assert.deepEqual(after.map(facts), before.map(facts));
    const sidesOf = (label: number, samples: typeof after) =>
      samples.filter((sample) => sample.label === label).map(({ width }) => width);
    for (const label of [0, 1]) {
      const taken = sidesOf(label, after);
      assert.deepEqual(
        taken.toSorted((a, b) => a - b),
        sidesOf(partner === 'own' ? label : 1 - label, before),
      );
      if (partner === 'own')
        assert.ok(taken.every((side, i) => side !== sidesOf(label, before)[i]));
    }
  }
});

test('framing without faces, and an exchange without partners, are refused', async () => {
  using bench = new StageBench();
  const inputs = { dataset: await dataset(bench, 2, 2) };
  await assert.rejects(
    bench.run(spec, run, { inputs, with: { property: 'framing' } }),
    new StageError(
      'Expected the box of a face of every image, which framing moves, got none for 0/0.png. Make the data set of crops by the kind faces.',
    ),
  );
  using alone = new StageBench();
  const only = { dataset: await dataset(alone, 1, 0) };
  await assert.rejects(
    alone.run(spec, run, { inputs: only, with: { property: 'size' } }),
    new StageError('Expected images of two classes in test, whose properties are exchanged.'),
  );
});
