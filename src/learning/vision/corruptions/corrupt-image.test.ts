import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { distances, noiseImage } from '../augment/testing-images.ts';
import { decodeImage } from '../decode-image.ts';
import { corruptImage } from './corrupt-image.ts';

const image = noiseImage(1, 40, 30);
const { width, height, pixels } = image;
const bytes = await sharp(pixels, { raw: { width, height, channels: 3 } })
  .png()
  .toBuffer();

test('each corruption keeps the size of the image, and gives the same result each time', async () => {
  for (const [name, strength] of Object.entries({ blur: 1, noise: 10, scale: 0.5, jpeg: 40 })) {
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
    await corruptImage(bytes, { blur: 0, noise: 0, scale: 1, seed: 7 }, 'test/1'),
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
