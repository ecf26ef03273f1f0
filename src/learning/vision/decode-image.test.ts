import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp, { type Sharp } from 'sharp';
import { assertClose } from '../../../test/support/assert-close.ts';
import { encodedNoise } from '../../../test/support/noise-dataset.ts';
import { decodeImage, examineImage } from './decode-image.ts';

/** A picture of one colour per pixel, as sharp takes it. */
function raw(width: number, height: number, channels: 1 | 2 | 3 | 4, values: readonly number[]): Sharp {
  return sharp(Uint8Array.from(values), { raw: { width, height, channels } });
}

const solid = (colour: string, width = 32, height = 32) =>
  sharp({ create: { width, height, channels: 3, background: colour } });

async function firstPixel(bytes: Uint8Array): Promise<readonly number[]> {
  return [...(await decodeImage(bytes)).pixels.subarray(0, 3)];
}

test('pixels come as rows of RGB', async () => {
  const values = [255, 0, 0, 0, 255, 0, 0, 0, 255, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  const image = await decodeImage(await raw(3, 2, 3, values).png().toBuffer());
  assert.deepEqual({ ...image, pixels: [...image.pixels] }, { width: 3, height: 2, pixels: values });
});

test('grey is shown as RGB of three equal channels', async () => {
  const grey = await raw(2, 1, 1, [10, 200]).toColourspace('b-w').png().toBuffer();
  assert.equal((await sharp(grey).metadata()).channels, 1);
  assert.deepEqual([...(await decodeImage(grey)).pixels], [10, 10, 10, 200, 200, 200]);
});

test('transparent pixels are shown on white', async () => {
  const png = await raw(2, 1, 4, [0, 0, 0, 0, 50, 60, 70, 255]).png().toBuffer();
  assert.deepEqual([...(await decodeImage(png)).pixels], [255, 255, 255, 50, 60, 70]);
  const grey = await raw(2, 1, 2, [0, 0, 50, 255]).png().toBuffer();
  assert.deepEqual([...(await decodeImage(grey)).pixels], [255, 255, 255, 50, 50, 50]);
});

test('16 bits become 8 by their high byte', async () => {
  for (const channels of [1, 3] as const) {
    const values = Uint16Array.from({ length: channels * 64 }, () => 0x80ff);
    const image = sharp(values, { raw: { width: 8, height: 8, channels } });
    const png = await image
      .toColourspace(channels === 1 ? 'grey16' : 'rgb16')
      .png()
      .toBuffer();
    assert.equal((await sharp(png).metadata()).depth, 'ushort');
    assertClose(await firstPixel(png), [0x80, 0x80, 0x80], 1);
  }
});

test('a picture that was taken with the camera on its side is shown upright', async () => {
  // Left half red, right half blue; orientation 6 says: turn it by 90 degrees clockwise.
  const halves = await raw(2, 1, 3, [255, 0, 0, 0, 0, 255]).resize(64, 32, { kernel: 'nearest' }).png().toBuffer();
  const turned = await sharp(halves).withMetadata({ orientation: 6 }).jpeg({ quality: 100 }).toBuffer();
  const { width, height, pixels } = await decodeImage(turned);
  assert.deepEqual([width, height], [32, 64]);
  assertClose([...pixels.subarray(0, 3)], [255, 0, 0], 4);
  assertClose([...pixels.subarray(-3)], [0, 0, 255], 4);
  const examined = await examineImage(turned, 16);
  assert.deepEqual([examined.width, examined.height], [32, 64]);
  assert.deepEqual([examined.preview.width, examined.preview.height], [8, 16]);
});

test('CMYK and a wide-gamut profile look as they do in a viewer', async () => {
  const cmyk = await solid('#3070c0').toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();
  assert.equal((await sharp(cmyk).metadata()).space, 'cmyk');
  assertClose(await firstPixel(cmyk), [0x30, 0x70, 0xc0], 24);

  const p3 = await solid('#c04020').withIccProfile('p3').png().toBuffer();
  assert.ok((await sharp(p3).metadata()).icc !== undefined);
  assertClose(await firstPixel(p3), [0xc0, 0x40, 0x20], 2);
});

test('cover crops the centre, contain shows all of it on black, fill stretches', async () => {
  // Black, white, black in thirds.
  const thirds = await raw(3, 1, 3, [9, 9, 9, 250, 250, 250, 9, 9, 9])
    .resize(96, 32, { kernel: 'nearest' })
    .png()
    .toBuffer();
  const rows = async (fit: 'cover' | 'contain' | 'fill') => {
    const { pixels } = await decodeImage(thirds, { width: 6, height: 6, fit, kernel: 'nearest' });
    return [0, 3].map((y) => Array.from({ length: 6 }, (_, x) => pixels[(y * 6 + x) * 3]));
  };
  assert.deepEqual(await rows('cover'), [Array(6).fill(250), Array(6).fill(250)]);
  assert.deepEqual(await rows('contain'), [Array(6).fill(0), [9, 9, 250, 250, 9, 9]]);
  assert.deepEqual(await rows('fill'), [
    [9, 9, 250, 250, 9, 9],
    [9, 9, 250, 250, 9, 9],
  ]);
});

test('a truncated image, a damaged one and something else are errors', async () => {
  for (const format of ['png', 'jpeg'] as const) {
    const whole = await encodedNoise(1, { width: 200, height: 200, format });
    for (const share of [0.5, 0.9]) {
      const truncated = whole.subarray(0, Math.floor(whole.length * share));
      await assert.rejects(decodeImage(truncated), Error, `${format} ${share}`);
      await assert.rejects(examineImage(truncated, 32), Error, `${format} ${share}, examined`);
    }
  }
  await assert.rejects(decodeImage(Buffer.from('key,label\n')), /unsupported image format/);
  await assert.rejects(decodeImage(Buffer.alloc(0)), Error);
});
