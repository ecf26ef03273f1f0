import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathOf, withoutFfmpeg } from '../../../../test/support/ffmpeg.ts';
import { distances } from '../augment/testing-images.ts';
import type { DecodedImage } from '../decode-image.ts';
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
