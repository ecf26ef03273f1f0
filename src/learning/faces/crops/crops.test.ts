import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DecodedImage } from '../../vision/decode-image.ts';
import { cut } from './cut.ts';
import { alignFace, frameFace } from './placement.ts';
import { fitSimilarity, inverseOf, scaleOf, transform } from './similarity.ts';

const near = (actual: number, expected: number, tolerance = 1e-9) =>
  assert.ok(Math.abs(actual - expected) < tolerance, `${actual} is not ${expected}`);

/** An image whose colour says where a pixel is: red is its column, green its row. */
function coordinates(width: number, height: number): DecodedImage {
  const pixels = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      pixels.set([column, row, 200], (row * width + column) * 3);
    }
  }
  return { width, height, pixels };
}

test('a turn by 90 degrees and a factor of 2 is found again from two points, and leads back', () => {
  const from = [
    { x: 0, y: 0 },
    { x: 1, y: 0 },
  ];
  const to = [
    { x: 2, y: 2 },
    { x: 2, y: 4 },
  ];
  const similarity = fitSimilarity(from, to);
  near(scaleOf(similarity), 2);
  const there = transform(similarity, { x: 0.5, y: 3 });
  near(there.x, -4);
  near(there.y, 3);
  const back = transform(inverseOf(similarity), there);
  near(back.x, 0.5);
  near(back.y, 3);
});

test('the fit has the least squared distance: no small change of it is better', () => {
  const from = [0, 1, 2, 3, 4].map((i) => ({ x: i * i, y: 7 - 2 * i }));
  const to = [3, 1, 4, 1, 5].map((value, i) => ({ x: 10 * i + value, y: 3 * value - i }));
  const best = fitSimilarity(from, to);
  const errorOf = (similarity: typeof best) =>
    from.reduce((sum, point, i) => {
      const { x, y } = transform(similarity, point);
      return sum + (x - to[i]!.x) ** 2 + (y - to[i]!.y) ** 2;
    }, 0);
  for (const name of ['a', 'b', 'dx', 'dy'] as const) {
    for (const change of [-1e-3, 1e-3]) {
      assert.ok(errorOf({ ...best, [name]: best[name] + change }) > errorOf(best), name);
    }
  }
});

test('a crop without a size holds the pixels of the image unchanged, and black outside', () => {
  const image = coordinates(40, 30);
  const { toImage, size } = frameFace({ left: -2, top: 4, right: 8, bottom: 14 }, undefined, 0.2);
  assert.equal(size, 12);
  const crop = cut(image, toImage, size);
  const at = (column: number, row: number) => [
    ...crop.pixels.subarray((row * size + column) * 3, (row * size + column) * 3 + 3),
  ];
  assert.deepEqual(at(0, 0), [0, 0, 0]);
  assert.deepEqual(at(3, 0), [0, 3, 200]);
  assert.deepEqual(at(11, 11), [8, 14, 200]);
});

test('a crop without a size has at most 4096 pixels a side, whatever the margin, and is reduced beyond', () => {
  const face = { left: 900, top: 0, right: 3060, bottom: 2160 }; // as high as a frame of 4K
  const whole = frameFace(face, undefined, 0.5);
  assert.deepEqual([whole.size, whole.toImage.a], [3240, 1]);
  const { size, toImage } = frameFace(face, undefined, 4);
  assert.equal(size, 4096);
  const middle = transform(toImage, { x: 2048, y: 2048 });
  near(middle.x, 1980, 1e-9);
  near(middle.y, 1080, 1e-9);
  near(toImage.a, (5 * 2160) / 4096, 1e-12);
  const asked = frameFace(face, 2048, 4);
  assert.equal(asked.size, 2048);
});

test('a reduction is the mean of the pixels under it, so that a fine pattern becomes grey', () => {
  const pixels = new Uint8Array(64 * 64 * 3);
  for (let i = 0; i < 64 * 64; i++) {
    const isWhite = (i + (i >> 6)) % 2 === 0;
    pixels.fill(isWhite ? 255 : 0, 3 * i, 3 * i + 3);
  }
  const { toImage } = frameFace({ left: 0, top: 0, right: 64, bottom: 64 }, 16, 0);
  const crop = cut({ width: 64, height: 64, pixels }, toImage, 16);
  assert.ok(crop.pixels.every((value) => value === 127 || value === 128));
});

test('an aligned crop shows both eyes at one height and the margin around the template', () => {
  // A face that is turned by 30 degrees and three times as large as the template.
  const turn = { a: 3 * Math.cos(Math.PI / 6), b: 3 * Math.sin(Math.PI / 6), dx: 200, dy: 50 };
  const upright = [
    { x: 38.2946, y: 51.6963 },
    { x: 73.5318, y: 51.5014 },
    { x: 56.0252, y: 71.7366 },
    { x: 41.5493, y: 92.3655 },
    { x: 70.7299, y: 92.2041 },
  ];
  const points = upright.map((point) => transform(turn, point));
  const toImage = alignFace(points, 224, 0.3);
  const [rightEye, leftEye] = points.map((point) => transform(inverseOf(toImage), point));
  near(leftEye!.y - rightEye!.y, ((51.5014 - 51.6963) * 224) / (112 * 1.3), 1e-6);
  near(leftEye!.x - rightEye!.x, ((73.5318 - 38.2946) * 224) / (112 * 1.3), 1e-6);
  near(scaleOf(toImage), (3 * 112 * 1.3) / 224, 1e-6);
});
