import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { distances, noiseImage } from '../augment/testing-images.ts';
import { decodeImage } from '../decode-image.ts';
import { corruptImage } from './corrupt-image.ts';
import { type Corruption, corruptionSettings } from './corruption-settings.ts';

const image = noiseImage(1, 40, 30);
const { width, height, pixels } = image;
const bytes = await sharp(pixels, { raw: { width, height, channels: 3 } })
  .png()
  .toBuffer();

test('each corruption keeps the size of the image, and gives the same result each time', async () => {
  for (const [name, strength] of Object.entries({
    blur: 1,
    noise: 10,
    contrast: 0.5,
    blocks: 0.2,
    pixelate: 4,
    scale: 0.5,
    earlierJpeg: { quality: 40, shift: 4 },
    jpeg: 40,
    webp: 40,
  })) {
    const corruption = { [name]: strength, seed: 7 };
    const corrupted = await corruptImage(bytes, corruption, 'test/1');
    const decoded = await decodeImage(corrupted);

    assert.deepEqual([decoded.width, decoded.height], [width, height]);
    assert.ok(distances(decoded.pixels, pixels).mean > 2, name);
    assert.deepEqual(await corruptImage(bytes, corruption, 'test/1'), corrupted);
  }
});

test('strengths that do nothing leave every pixel', async () => {
  const { pixels: decoded } = await decodeImage(
    await corruptImage(
      bytes,
      { blur: 0, noise: 0, contrast: 1, blocks: 0, pixelate: 1, scale: 1, seed: 7 },
      'test/1',
    ),
  );
  assert.ok(pixels.every((value, i) => value === decoded[i]));
});

test('noise differs between images and seeds, and has the requested strength', async () => {
  const grey = await sharp({
    create: { width: 64, height: 64, channels: 3, background: '#808080' },
  })
    .png()
    .toBuffer();
  const pixelsOf = async (key: string, seed: number) =>
    (await decodeImage(await corruptImage(grey, { noise: 10, seed }, key))).pixels;
  const noisy = await pixelsOf('a', 1);

  assert.notDeepEqual(await pixelsOf('b', 1), noisy);
  assert.notDeepEqual(await pixelsOf('a', 2), noisy);
  const squares = noisy.reduce((sum, value) => sum + (value - 128) ** 2, 0) / noisy.length;
  assert.ok(Math.abs(Math.sqrt(squares) - 10) < 0.5);
});

test('compression comes last: the image is a JPEG of the blurred one', async () => {
  const both = await corruptImage(bytes, { jpeg: 60, blur: 1.5, seed: 1 }, 'a');
  const blurred = await corruptImage(bytes, { blur: 1.5, seed: 1 }, 'a');

  assert.equal((await sharp(both).metadata()).format, 'jpeg');
  const again = await sharp(blurred).jpeg({ quality: 60, chromaSubsampling: '4:2:0' }).toBuffer();
  assert.deepEqual((await decodeImage(both)).pixels, (await decodeImage(again)).pixels);
});

const pixelsAfter = async (encoded: Uint8Array, corruption: Omit<Corruption, 'seed'>) =>
  (await decodeImage(await corruptImage(encoded, { ...corruption, seed: 7 }, 'a'))).pixels;

test('contrast brings values towards the mean grey, and leaves that where it is', async () => {
  const mean = (values: Uint8Array) => values.reduce((sum, v) => sum + v, 0) / values.length;
  const lower = await pixelsAfter(bytes, { contrast: 0.25 });
  assert.ok(Math.abs(mean(lower) - mean(pixels)) < 0.5);
  for (const [i, value] of lower.entries())
    assert.ok(Math.abs(value - (mean(pixels) + (pixels[i]! - mean(pixels)) / 4)) <= 0.51);
});

test('blocks cover the requested share, and pixelation gives each square its mean', async () => {
  const black = await sharp({
    create: { width: 64, height: 64, channels: 3, background: '#000' },
  })
    .png()
    .toBuffer();
  const covered = await pixelsAfter(black, { blocks: 0.25 });
  let coloured = 0;
  for (let i = 0; i < covered.length; i += 3)
    if (covered[i]! + covered[i + 1]! + covered[i + 2]! > 0) coloured++;
  assert.equal(coloured, 0.25 * 64 * 64);

  const squares = await pixelsAfter(bytes, { pixelate: 10 });
  for (let c = 0; c < 3; c++) {
    const inSquare = [...Array(10).keys()].flatMap((y) =>
      [...Array(10).keys()].map((x) => (y * width + x) * 3 + c),
    );
    const mean = inSquare.reduce((sum, at) => sum + pixels[at]!, 0) / inSquare.length;
    for (const at of inSquare) assert.ok(Math.abs(squares[at]! - mean) <= 0.51);
  }
});

test('an earlier JPEG leaves its blocks where its grid began', async () => {
  const side = 128;
  const noisy = noiseImage(2, side, side);
  const encoded = await sharp(noisy.pixels, { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toBuffer();
  /** Where neighbours differ most: at the borders of blocks of 8. */
  const strongestColumn = (values: Uint8Array) => {
    const green = (x: number, y: number) => values[(y * side + x) * 3 + 1]!;
    const steps = Array.from({ length: 8 }, () => 0);
    for (let y = 0; y < side; y++)
      for (let x = 8; x < side; x++) steps[x % 8]! += Math.abs(green(x, y) - green(x - 1, y));
    return steps.indexOf(Math.max(...steps));
  };
  for (const shift of [0, 3, 5]) {
    const compressed = await pixelsAfter(encoded, { earlierJpeg: { quality: 1, shift } });
    assert.equal(strongestColumn(compressed), (8 - shift) % 8, `shift ${shift}`);
  }
});

test('two last compressions are refused', () => {
  const { error } = corruptionSettings.safeParse({ jpeg: 50, webp: 50 });
  assert.equal(
    error!.issues[0]!.message,
    'expected one last compression, got jpeg and webp: name a first JPEG earlierJpeg',
  );
});
