import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import sharp, { type Sharp } from 'sharp';
import { assertClose } from '../../../test/support/assert-close.ts';
import { encodedNoise } from '../../../test/support/noise-dataset.ts';
import { distances } from './augment/testing-images.ts';
import { decodeImage, examineImage, usedBits } from './decode-image.ts';
import { fits, type Kernel, kernels, type ResizeTo } from './resize-settings.ts';

/** Images in base64: test/golden/resizing.py. */
interface Golden {
  readonly width: number;
  readonly height: number;
  readonly pixels: string;
  readonly resized: readonly {
    readonly kernel: Kernel;
    readonly width: number;
    readonly height: number;
    readonly pixels: string;
  }[];
  readonly cropped: readonly {
    readonly kernel: Kernel;
    readonly resize: ResizeTo;
    readonly crop: number;
    readonly pixels: string;
  }[];
  readonly transparent: {
    readonly width: number;
    readonly height: number;
    readonly rgba: string;
    readonly onWhite: string;
  };
}

const golden = JSON.parse(
  readFileSync(new URL('../../../test/golden/resizing.json', import.meta.url), 'utf8'),
) as Golden;

const bytesOf = (base64: string): Uint8Array => Buffer.from(base64, 'base64');

const goldenPng = (): Promise<Buffer> =>
  raw(golden.width, golden.height, 3, [...bytesOf(golden.pixels)])
    .png()
    .toBuffer();

/** A picture of one colour per pixel, as sharp takes it. */
function raw(
  width: number,
  height: number,
  channels: 1 | 2 | 3 | 4,
  values: readonly number[],
): Sharp {
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
  assert.deepEqual(
    { ...image, pixels: [...image.pixels] },
    { width: 3, height: 2, pixels: values },
  );
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

test('a half transparent pixel is rounded, not cut', async () => {
  const { width, height, rgba, onWhite } = golden.transparent;
  const png = await raw(width, height, 4, [...bytesOf(rgba)])
    .png()
    .toBuffer();
  assert.deepEqual([...(await decodeImage(png)).pixels], [...bytesOf(onWhite)]);
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

/** A row of grey pixels as PNG of 16 bits a value. */
const grey16 = (values: readonly number[]): Promise<Buffer> =>
  sharp(Uint16Array.from(values), { raw: { width: values.length, height: 1, channels: 1 } })
    .toColourspace('grey16')
    .png()
    .toBuffer();

/** A row of grey pixels as TIFF, which sharp does not write with 16 bits, nor with floats. */
function greyTiff(values: Uint16Array | Float32Array): Buffer {
  const isFloat = values instanceof Float32Array;
  const pixels = Buffer.from(values.buffer);
  const long = (tag: number, value: number) => [tag, 4, 1, value];
  const tags = [
    long(256, values.length),
    long(257, 1),
    long(258, 8 * values.BYTES_PER_ELEMENT),
    long(259, 1),
    long(262, 1),
    long(273, 8),
    long(277, 1),
    long(278, 1),
    long(279, pixels.length),
    long(339, isFloat ? 3 : 1),
  ];
  const directory = Buffer.alloc(2 + tags.length * 12 + 4);
  directory.writeUInt16LE(tags.length);
  for (const [i, [tag, type, count, value]] of tags.entries()) {
    directory.writeUInt16LE(tag!, 2 + 12 * i);
    directory.writeUInt16LE(type!, 4 + 12 * i);
    directory.writeUInt32LE(count!, 6 + 12 * i);
    directory.writeUInt32LE(value!, 10 + 12 * i);
  }
  const header = Buffer.from('II*\0\0\0\0\0', 'latin1');
  header.writeUInt32LE(8 + pixels.length, 4);
  return Buffer.concat([header, pixels, directory]);
}

test('a file of 16 bits says how many of them its values use', async () => {
  for (const [values, bits] of [
    [[17, 4095], 12],
    [[0, 4096], 13],
    [[5, 65_535], 16],
  ] as const) {
    assert.equal(await usedBits(await grey16(values)), bits);
    const tiff = greyTiff(Uint16Array.from(values));
    assert.equal(await usedBits(tiff), bits);
    assert.equal((await examineImage(tiff, 8)).usedBits, bits);
  }
  assert.equal(await usedBits(await solid('#fff').png().toBuffer()), undefined);
});

test('an alpha of 16 bits does not count as used', async () => {
  const values = Uint16Array.of(100, 200, 300, 65_535);
  const png = await sharp(values, { raw: { width: 1, height: 1, channels: 4 } })
    .toColourspace('rgb16')
    .png()
    .toBuffer();
  assert.equal(await usedBits(png), 9);
});

test('floats are refused, since nothing says which of them is white', async () => {
  await assert.rejects(decodeImage(greyTiff(Float32Array.of(0, 0.5, 1))), {
    message: 'values of the type float have no defined white; save the image with 8 or 16 bits',
  });
});

test('a BMP is decoded, transparency on white, and resized as other images are', async () => {
  const pixels = [200, 100, 50, 255, 0, 0, 0, 51];
  const bmp = Buffer.alloc(70 + 8);
  bmp.write('BM');
  bmp.writeUInt32LE(70, 10);
  bmp.writeUInt32LE(56, 14);
  bmp.writeInt32LE(2, 18);
  bmp.writeInt32LE(1, 22);
  bmp.writeUInt16LE(1, 26);
  bmp.writeUInt16LE(32, 28);
  bmp.writeUInt32LE(3, 30);
  for (const [channel, mask] of [0xff, 0xff00, 0xff0000, 0xff000000].entries())
    bmp.writeUInt32LE(mask, 54 + 4 * channel);
  bmp.set(pixels, 70);
  const png = await raw(2, 1, 4, pixels).png().toBuffer();
  assert.deepEqual([...(await decodeImage(bmp)).pixels], [200, 100, 50, 204, 204, 204]);
  const resize = { width: 5, height: 5, fit: 'contain', kernel: 'cubic' } as const;
  assert.deepEqual(await decodeImage(bmp, resize), await decodeImage(png, resize));
  assert.deepEqual(await examineImage(bmp, 8), await examineImage(png, 8));
});

test('a picture that was taken with the camera on its side is shown upright', async () => {
  // Left half red, right half blue; orientation 6 says: turn it by 90 degrees clockwise.
  const halves = await raw(2, 1, 3, [255, 0, 0, 0, 0, 255])
    .resize(64, 32, { kernel: 'nearest' })
    .png()
    .toBuffer();
  const turned = await sharp(halves)
    .withMetadata({ orientation: 6 })
    .jpeg({ quality: 100 })
    .toBuffer();
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

test('a resized image is Pillow’s, larger or smaller', async () => {
  const png = await goldenPng();
  for (const { kernel, width, height, pixels } of golden.resized) {
    const image = await decodeImage(png, { width, height, fit: 'fill', kernel });
    const { most, mean } = distances(image.pixels, bytesOf(pixels));
    const isEnlarged = width > golden.width || height > golden.height;
    // libvips, which reduces, places kernels in steps of a pixel's sixty-fourth.
    const allowed = isEnlarged ? { most: 1, mean: 0.05 } : { most: 8, mean: 1 };
    const message = `${kernel} ${width} x ${height}: ${most}, ${mean}`;
    assert.ok(most <= allowed.most && mean <= allowed.mean, message);
  }
});

test('resize and crop give the very pixels of Pillow and torchvision, larger or smaller', async () => {
  const png = await goldenPng();
  for (const { kernel, resize: before, crop, pixels } of golden.cropped) {
    const resize = { width: crop, height: crop, fit: 'cover', kernel, before } as const;
    const { most } = distances((await decodeImage(png, resize)).pixels, bytesOf(pixels));
    assert.equal(most, 0, `${kernel} ${String(before)} ${crop}`);
  }
});

test('cover shows the middle of Pillow’s enlarged image, and contain all of it', async () => {
  const png = await goldenPng();
  const { width, height, pixels } = golden.resized.find(
    ({ kernel, width }) => kernel === 'linear' && width === 30,
  )!;
  const enlarged = bytesOf(pixels);
  const square = (side: number, fit: 'cover' | 'contain') =>
    decodeImage(png, { width: side, height: side, fit, kernel: 'linear' });
  const row = (y: number, from: number, to: number) =>
    enlarged.subarray((y * width + from) * 3, (y * width + to) * 3);
  const covered = Array.from({ length: height }, (_, y) => [...row(y, 4, 4 + height)]).flat();
  assert.ok(distances((await square(height, 'cover')).pixels, covered).most <= 1);
  const contained = await square(width, 'contain');
  const bar = Array<number>(4 * width * 3).fill(0);
  assert.ok(distances(contained.pixels, [...bar, ...enlarged, ...bar]).most <= 1);
});

test('an enlarged mirror image is the mirror image of the enlarged one, by every fit and kernel', async () => {
  const png = await goldenPng();
  const mirrored = await sharp(png).flop().png().toBuffer();
  for (const fit of fits) {
    for (const kernel of kernels) {
      const resize = { width: 44, height: 44, fit, kernel };
      const { pixels } = await decodeImage(mirrored, resize);
      const { data } = await raw(44, 44, 3, [...(await decodeImage(png, resize)).pixels])
        .flop()
        .raw()
        .toBuffer({ resolveWithObject: true });
      assert.ok(distances(pixels, data).most <= 1, `${fit} ${kernel}`);
    }
  }
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
