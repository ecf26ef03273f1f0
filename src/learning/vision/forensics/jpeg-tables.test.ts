import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import sharp, { type JpegOptions } from 'sharp';
import { encodedNoise } from '../../../../test/support/noise-dataset.ts';
import { readJpegTables } from './jpeg-tables.ts';

const image = sharp(await encodedNoise(3, { width: 32, height: 32 }));

test('the quality that libjpeg was given is read from its tables', async () => {
  for (const quality of [1, 5, 25, 49, 50, 51, 75, 90, 92, 99, 100]) {
    const got = readJpegTables(await image.clone().jpeg({ quality }).toBuffer());
    assert.equal(got?.quality, quality);
    assert.deepEqual([got?.tables.length, got?.tables[0]?.length], [2, 64]);
  }
});

test('subsampling and progressive scans are read from the frame', async () => {
  const read = async (options: JpegOptions) => {
    const { subsampling, progressive } = readJpegTables(
      await image.clone().jpeg(options).toBuffer(),
    )!;
    return { subsampling, progressive };
  };
  assert.deepEqual(await read({ chromaSubsampling: '4:2:0' }), {
    subsampling: 4,
    progressive: false,
  });
  assert.deepEqual(await read({ chromaSubsampling: '4:4:4', progressive: true }), {
    subsampling: 1,
    progressive: true,
  });
  const grey = await image.clone().toColourspace('b-w').jpeg().toBuffer();
  assert.deepEqual(readJpegTables(grey)?.subsampling, 1);
});

test('other files have no tables, and no bytes make the reader throw', async () => {
  assert.equal(readJpegTables(await image.clone().png().toBuffer()), undefined);
  const jpeg = await image.clone().jpeg().toBuffer();
  fc.assert(
    fc.property(fc.nat(jpeg.length), fc.nat(700), fc.nat(255), (length, at, byte) => {
      const broken = Uint8Array.from(jpeg.subarray(0, length));
      if (at < broken.length) broken[at] = byte;
      readJpegTables(broken);
    }),
  );
});
