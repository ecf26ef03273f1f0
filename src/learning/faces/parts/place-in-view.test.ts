import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { decodeImage } from '../../vision/decode-image.ts';
import type { Resize } from '../../vision/resize-settings.ts';
import { placeInView } from './place-in-view.ts';

/** A black image with a white square of 9 x 9 pixels around a position. */
async function imageWithSquare(
  size: { readonly width: number; readonly height: number },
  centre: { readonly x: number; readonly y: number },
) {
  const pixels = Buffer.alloc(size.width * size.height * 3);
  for (let y = Math.round(centre.y - 4.5); y < centre.y + 4; y++)
    for (let x = Math.round(centre.x - 4.5); x < centre.x + 4; x++)
      pixels.fill(255, (y * size.width + x) * 3, (y * size.width + x + 1) * 3);
  return await sharp(pixels, { raw: { ...size, channels: 3 } })
    .png()
    .toBuffer();
}

/** The centre of the white in an image. */
function centreOfWhite(pixels: Uint8Array, width: number) {
  const sums = { mass: 0, x: 0, y: 0 };
  for (let i = 0; i < pixels.length / 3; i++) {
    const mass = pixels[3 * i]!;
    sums.mass += mass;
    sums.x += mass * ((i % width) + 0.5);
    sums.y += mass * (Math.floor(i / width) + 0.5);
  }
  return { x: sums.x / sums.mass, y: sums.y / sums.mass };
}

test('a position lies where the decoded image shows it, by every way to resize', async () => {
  const square = { width: 64, height: 64, kernel: 'linear' } as const;
  const ways: readonly Resize[] = [
    { ...square, fit: 'cover' },
    { ...square, fit: 'contain' },
    { ...square, fit: 'fill' },
    { ...square, fit: 'cover', before: 80 },
    { ...square, fit: 'cover', before: [72, 90] },
    { ...square, fit: 'cover', before: 'native' },
  ];
  for (const size of [
    { width: 150, height: 110 },
    { width: 111, height: 160 },
  ]) {
    const centre = { x: size.width / 2 + 13, y: size.height / 2 - 11 };
    const bytes = await imageWithSquare(size, centre);
    for (const way of ways) {
      const { pixels } = await decodeImage(bytes, way);
      const place = placeInView(size, way)(centre);
      const white = centreOfWhite(pixels, 64);
      const distance = Math.hypot(place.x - white.x, place.y - white.y);
      assert.ok(distance < 1, `${JSON.stringify({ size, way, place, white })}`);
    }
  }
});
