import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ffmpeg as draw, pathOf, withoutFfmpeg } from '../../../../test/support/ffmpeg.ts';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { distances } from '../augment/testing-images.ts';
import { type DecodedImage, decodeImage } from '../decode-image.ts';
import { throughH264 } from './h264.ts';

/** Smooth waves of each colour; sides may be odd. */
function waves(width: number, height: number): DecodedImage {
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const x = Math.floor(i / 3) % width;
    const y = Math.floor(i / 3 / width);
    return 128 + 60 * Math.sin((x + 2 * (i % 3)) / 9) + 50 * Math.cos(y / (5 + (i % 3)));
  });
  return { width, height, pixels };
}

test('an image keeps its size and place through H.264, and loses the more the higher the rate factor', {
  skip: withoutFfmpeg,
}, async () => {
  const ffmpeg = pathOf('ffmpeg');
  for (const image of [waves(96, 64), waves(97, 63)]) {
    const losses: number[] = [];
    for (const rateFactor of [1, 23, 40]) {
      const after = await throughH264(image, rateFactor, ffmpeg);
      assert.deepEqual([after.width, after.height], [image.width, image.height]);
      const { mean } = distances(after.pixels, image.pixels);
      losses.push(mean);
      assert.deepEqual(await throughH264(image, rateFactor, ffmpeg), after);
    }
    const [least, usual, most] = losses as [number, number, number];
    assert.ok(least < 4, `${least} levels at CRF 1`);
    assert.ok(least < usual && usual < most, losses.join(', '));
  }
});

test('an image of any sides comes back, down to a single pixel', {
  skip: withoutFfmpeg,
}, async () => {
  const ffmpeg = pathOf('ffmpeg');
  const sides = [
    [1, 1],
    [3, 1],
    [1, 7],
    [5, 17],
    [127, 129],
    [1023, 7],
  ] as const;
  for (const [width, height] of sides) {
    const image = waves(width, height);
    const after = await throughH264(image, 10, ffmpeg);
    assert.deepEqual([after.width, after.height], [width, height]);
    const { mean } = distances(after.pixels, image.pixels);
    assert.ok(mean < 3, `${width}x${height}: ${mean} levels`);
  }
});

test('grey images, palettes, transparency and 16 bits go through H.264 as they are shown', {
  skip: withoutFfmpeg,
}, async (context) => {
  const folder = temporaryFolder(context);
  const ffmpeg = pathOf('ffmpeg');
  for (const format of ['gray', 'gray16be', 'ya8', 'rgba', 'rgb48be', 'rgba64be', 'pal8']) {
    const file = join(folder, `${format}.png`);
    // The left half is transparent, where the format has transparency.
    const half = "format=rgba,geq=r='r(X,Y)':g='g(X,Y)':b='b(X,Y)':a='if(lt(X,30),0,255)'";
    const smooth = `gradients=size=61x43:duration=1:seed=3,${half},format=${format}`;
    draw('-f', 'lavfi', '-i', smooth, '-frames:v', '1', '-pix_fmt', format, file);
    const image = await decodeImage(readFileSync(file));
    const after = await throughH264(image, 1, ffmpeg);
    assert.deepEqual([after.width, after.height], [61, 43], format);
    const { mean } = distances(after.pixels, image.pixels);
    // The dots of a palette are finer than the colours of H.264.
    const most = format === 'pal8' ? 20 : 4;
    assert.ok(mean < most, `${format}: ${mean} levels`);
    const [red, green, blue] = after.pixels.subarray(0, 3);
    if (/ya|rgba/.test(format))
      assert.ok(Math.min(red!, green!, blue!) > 250, `${format}: transparency is white`);
    if (/gray|ya/.test(format))
      assert.ok(Math.abs(red! - green!) <= 2 && Math.abs(blue! - green!) <= 2, `${format} is grey`);
  }
});
