import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { encodedNoise, writeNoiseDataset } from '../../../../test/support/noise-dataset.ts';
import { permutation, Random } from '../../../random.ts';
import { type AugmentSettings, augmentSettings } from '../augment/augment-settings.ts';
import { DatasetWriter } from '../dataset/dataset-writer.ts';
import { decodeImage } from '../decode-image.ts';
import { usualNormalization } from '../pixels-to-floats.ts';
import {
  type Batch,
  BatchLoader,
  type BatchLoaderOptions,
  decodedImages,
  type EpochOptions,
} from './batch-loader.ts';

const folder = mkdtempSync(join(tmpdir(), 'restage-loader-'));
after(() => rmSync(folder, { recursive: true }));
const files = await writeNoiseDataset(folder, 10);
const resize = { width: 12, height: 12, fit: 'fill', kernel: 'linear' } as const;
const imageLength = 12 * 12 * 3;

async function readAll(
  epoch: EpochOptions = {},
  options: Partial<BatchLoaderOptions> = {},
): Promise<Batch[]> {
  await using loader = new BatchLoader(folder, 'train', { batchSize: 4, resize, ...options });
  return await collect(loader.epoch(epoch));
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test('a pass gives every image once, in the order asked for, with its label', async () => {
  const order = permutation(10, new Random(1));
  const batches = await readAll({ order });
  assert.deepEqual(
    batches.map((batch) => batch.images.length / imageLength),
    [4, 4, 2],
  );
  assert.deepEqual(
    batches.flatMap((batch) => [...batch.indices]),
    [...order],
  );
  assert.deepEqual(
    batches.flatMap((batch) => [...batch.labels]),
    [...order].map((index) => index % 2),
  );
});

test('an image comes as decoded, normalised per channel', async () => {
  const normalization = { mean: [0.5, 0.4, 0.3], deviation: [0.2, 0.25, 0.5] } as const;
  const [batch] = await readAll({ order: Uint32Array.of(6) }, { normalization });
  const { pixels } = await decodeImage(files[6]!, resize);
  const expected = pixels.map((value) => value);
  const floats = Float32Array.from(expected, (value, i) => {
    const channel = i % 3;
    return (value / 255 - normalization.mean[channel]!) / normalization.deviation[channel]!;
  });
  assert.deepEqual(batch!.images, floats);
});

const everything = augmentSettings.parse({
  colour: { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 },
  blur: {},
  noise: {},
  downscale: {},
  cutout: {},
  mixup: { alpha: 1 },
  jpeg: {},
});

for (const [name, settings] of Object.entries({
  'crop and flip are': { crop: 4, flip: true },
  'all changes are': everything,
}))
  test(`${name} a function of seed, epoch and image, whatever order, threads, batches and cache`, async () => {
    const augment = { ...settings, seed: 7, epoch: 3 };
    const byImage = (batches: readonly Batch[]) => {
      const images = new Map<number, readonly number[]>();
      for (const batch of batches) {
        for (const [slot, index] of batch.indices.entries()) {
          images.set(index, [
            ...batch.images.subarray(slot * imageLength, (slot + 1) * imageLength),
          ]);
        }
      }
      return new Map([...images].sort(([a], [b]) => a - b));
    };
    const inOrder = byImage(await readAll({ augment }));
    const order = permutation(10, new Random(9));
    const permuted = byImage(
      await readAll({ augment, order }, { batchSize: 3, threads: 1, prefetch: 1, cacheBytes: 0 }),
    );
    assert.deepEqual(permuted, inOrder);
    assert.notDeepEqual(byImage(await readAll({ augment: { ...augment, epoch: 4 } })), inOrder);
  });

test('changes that never happen leave the bytes of crop and flip', async () => {
  const moved = { crop: 4, flip: true, seed: 7, epoch: 3 };
  const never = Object.entries(everything).map(([name, settings]) =>
    typeof settings === 'object' ? [name, { ...settings, probability: 0 }] : [name, settings],
  );
  const withoutNever = await readAll({ augment: moved });
  const withNever = await readAll({ augment: { ...Object.fromEntries(never), ...moved } });
  assert.deepEqual(
    withNever.map(({ images }) => images),
    withoutNever.map(({ images }) => images),
  );
});

test('adding a change does not alter what the others draw', async () => {
  const still = { crop: 0, flip: false, seed: 7, epoch: 3 };
  const cutout = { probability: 0.5, side: [0.3, 0.6] } satisfies AugmentSettings['cutout'];
  const invisible = { probability: 0.5, sigma: [0, 0] } satisfies AugmentSettings['blur'];
  const unblurred = await readAll({ augment: { ...still, cutout } });
  const blurred = await readAll({ augment: { ...still, cutout, blur: invisible } });
  assert.deepEqual(
    blurred.map(({ images }) => images),
    unblurred.map(({ images }) => images),
  );
});

test('a mixed image is the weighted mean of two of the split, and the batch has the other label and its share', async () => {
  const plain = (
    await readAll({ order: Uint32Array.from({ length: 10 }, (_, i) => i) }, { batchSize: 10 })
  )[0]!;
  const of = (index: number) =>
    plain.images.subarray(index * imageLength, (index + 1) * imageLength);
  const augment = { crop: 0, flip: false, mixup: { probability: 1, alpha: 1 }, seed: 1, epoch: 1 };
  const [batch] = await readAll({ augment }, { batchSize: 10 });
  const { labels, shares } = batch!.mixed!;
  for (const [slot, index] of batch!.indices.entries()) {
    const image = batch!.images.subarray(slot * imageLength, (slot + 1) * imageLength);
    const partners = Array.from({ length: 10 }, (_, partner) => partner).filter((partner) =>
      image.every(
        (value, i) =>
          Math.abs(value - (1 - shares[slot]!) * of(index)[i]! - shares[slot]! * of(partner)[i]!) <
          0.51 / 255,
      ),
    );
    assert.ok(
      partners.some((partner) => partner % 2 === labels[slot]),
      `${index}`,
    );
  }
  assert.equal(plain.mixed, undefined);
});

test('batches are made while the reader computes', async () => {
  await using loader = new BatchLoader(folder, 'train', { batchSize: 4, resize, prefetch: 3 });
  const pass = loader.epoch();
  await pass.next();
  // A step that holds this thread: no callback runs here meanwhile.
  const shared = new Int32Array(new SharedArrayBuffer(4));
  Atomics.wait(shared, 0, 0, 300);
  const start = performance.now();
  await pass.next();
  assert.ok(performance.now() - start < 50);
});

test('a second pass uses the decoded images and the released memory of the first', async () => {
  await using loader = new BatchLoader(folder, 'train', { batchSize: 5, resize });
  const first: number[][] = [];
  for await (const batch of loader.epoch()) {
    first.push([...batch.images]);
    batch.release();
    assert.equal(batch.images.length, 0);
  }
  const second = await collect(loader.epoch());
  assert.deepEqual(
    second.map((batch) => [...batch.images]),
    first,
  );
});

test('all loaders together keep no more decoded images than there is memory for, and return it when they close', async () => {
  {
    await using first = new BatchLoader(folder, 'train', { batchSize: 5, resize });
    const free = decodedImages.freeBytes! + 10 * imageLength;
    await first.close();
    await first.close();
    assert.equal(decodedImages.freeBytes, free);
  }
  decodedImages.freeBytes = 13 * imageLength;
  {
    await using third = new BatchLoader(folder, 'train', {
      batchSize: 5,
      resize,
      cacheBytes: 2 * imageLength,
    });
    assert.equal(decodedImages.freeBytes, 11 * imageLength);
    await using first = new BatchLoader(folder, 'train', { batchSize: 5, resize });
    await using second = new BatchLoader(folder, 'train', { batchSize: 5, resize });
    assert.equal(decodedImages.freeBytes, 0);
    const expected = await collect(third.epoch());
    for (const loader of [first, second, second, first, third]) {
      const batches = await collect(loader.epoch());
      assert.deepEqual(
        batches.map(({ images }) => images),
        expected.map(({ images }) => images),
      );
    }
  }
  assert.equal(decodedImages.freeBytes, 13 * imageLength);
});

test('a pass that is left early makes room for the next', async () => {
  await using loader = new BatchLoader(folder, 'train', { batchSize: 1, resize });
  for await (const batch of loader.epoch()) {
    assert.deepEqual([...batch.indices], [0]);
    break;
  }
  const rest = await collect(loader.epoch({ order: Uint32Array.of(8, 9) }));
  assert.deepEqual(
    rest.map((batch) => batch.indices[0]),
    [8, 9],
  );
});

test('a loader that takes over the thread of an unfinished pass gets none of its batches', async () => {
  const imagesOf = (batches: readonly Batch[]) => batches.map(({ images }) => [...images]);
  const expected = imagesOf(await readAll());
  const left = new BatchLoader(folder, 'train', {
    batchSize: 4,
    resize,
    normalization: usualNormalization,
  });
  const pass = left.epoch();
  const { value: batch } = await pass.next();
  await left.close();
  batch.release();
  assert.deepEqual(imagesOf(await readAll()), expected);
  await assert.rejects(pass.next(), {
    message: 'Internal error: another pass was started, or the loader was closed',
  });
});

test('an image that cannot be decoded is named', async () => {
  const damaged = mkdtempSync(join(tmpdir(), 'restage-damaged-'));
  {
    using writer = new DatasetWriter(damaged, { classes: ['real'], splits: ['train'] });
    const size = { width: 24, height: 16 };
    writer.add(
      'train',
      { key: 'a', label: 0, source: 'real', path: 'real/a.png', ...size },
      await encodedNoise(1),
    );
    writer.add(
      'train',
      { key: 'b', label: 0, source: 'real', path: 'real/b.png', ...size },
      Buffer.from('no image'),
    );
    writer.finish();
  }
  await using loader = new BatchLoader(damaged, 'train', { batchSize: 1, resize });
  await assert.rejects(collect(loader.epoch()), {
    name: 'StageError',
    message: 'real/b.png cannot be decoded: Input buffer contains unsupported image format',
  });
  writeFileSync(join(damaged, 'train', '00000.tar'), '');
  await assert.rejects(
    collect(loader.epoch()),
    /Expected \d+ bytes of real\/b.png at \d+ of .*, got 0\./,
  );
  rmSync(damaged, { recursive: true });
});

test('at native scale, whole images come in batches of one size, and training gets crops of their pixels', async () => {
  const sizes = [20, 20, 24].map((side) => ({ width: side, height: 18 }));
  const set = join(folder, 'native');
  const encoded = await Promise.all(sizes.map((size, seed) => encodedNoise(seed, size)));
  {
    using writer = new DatasetWriter(set, { classes: ['real', 'fake'], splits: ['train'] });
    for (const [index, bytes] of encoded.entries()) {
      const facts = { key: `${index}`, label: 0, source: 'noise', path: `${index}.png` };
      writer.add('train', { ...facts, ...sizes[index]! }, bytes);
    }
    writer.finish();
  }
  const options = { batchSize: 4, resize, native: { largest: 22 } };
  await using loader = new BatchLoader(set, 'train', options);
  const whole = await collect(loader.epoch());
  const shapes = [
    { width: 20, height: 18 },
    { width: 22, height: 18 },
  ];
  // Four crops of 12 x 12 have less pixels than two images.
  assert.deepEqual(
    whole.map(({ size, indices }) => [size, [...indices]]),
    [
      [shapes[0], [0]],
      [shapes[0], [1]],
      [shapes[1], [2]],
    ],
  );
  const { pixels } = await decodeImage(encoded[1]!);
  assert.deepEqual(
    Array.from(whole[1]!.images, (value) => Math.round(255 * value)),
    [...pixels],
  );

  const augment = { ...augmentSettings.parse({ flip: false }), seed: 1, epoch: 1 };
  const [crops, ...more] = await collect(loader.epoch({ augment }));
  assert.deepEqual([more, crops!.size, crops!.images.length], [[], undefined, 3 * imageLength]);
  const rows = (image: ArrayLike<number>, width: number, left: number, top: number) =>
    Array.from({ length: imageLength }, (_, i) => {
      const y = Math.floor(i / 36);
      return image[((y + top) * width + left) * 3 + (i % 36)]!;
    });
  const crop = Array.from(crops!.images.subarray(imageLength, 2 * imageLength), (value) =>
    Math.round(255 * value),
  ).join();
  const places = Array.from({ length: 9 * 7 }, (_, i) => [i % 9, Math.floor(i / 9)] as const);
  assert.ok(places.some(([left, top]) => rows(pixels, 20, left, top).join() === crop));
});
