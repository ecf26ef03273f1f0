import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DecodedImage } from '../decode-image.ts';
import { seeView } from './see-view.ts';
import { viewSettings, viewsOf } from './view-settings.ts';

const settings = (given: object) => viewSettings.parse(given);

/** An image whose pixel at `x`, `y` has the red value `10 y + x`. */
function numbered(width: number, height: number): DecodedImage {
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) pixels[3 * (y * width + x)] = 10 * y + x;
  return { width, height, pixels };
}

const reds = ({ width, height, pixels }: DecodedImage): readonly (readonly number[])[] =>
  Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => pixels[3 * (y * width + x)]!),
  );

test('the image itself comes first, and mirroring doubles the views', () => {
  assert.equal(viewsOf(settings({})).length, 1);
  assert.equal(viewsOf(settings({ flip: true })).length, 2);
  assert.equal(viewsOf(settings({ crop: 4 })).length, 5);
  const all = viewsOf(settings({ flip: true, crop: 4, scales: [0.9, 1, 1.1] }));
  assert.equal(all.length, 14);
  assert.deepEqual(all[0], { scale: 1, left: 0, top: 0, flip: false });
  assert.equal(new Set(all.map((view) => JSON.stringify(view))).size, all.length);
});

test('a view is mirrored, moved towards a corner, enlarged or surrounded by black', () => {
  const image = numbered(4, 4);
  const plain = { scale: 1, left: 0, top: 0, flip: false };
  assert.deepEqual(reds(seeView(image, plain)), reds(image));
  assert.deepEqual(reds(seeView(image, { ...plain, flip: true }))[0], [3, 2, 1, 0]);
  assert.deepEqual(reds(seeView(image, { ...plain, left: 1, top: 1 })), [
    [11, 12, 13, 0],
    [21, 22, 23, 0],
    [31, 32, 33, 0],
    [0, 0, 0, 0],
  ]);
  const reduced = reds(seeView(image, { ...plain, scale: 0.5 }));
  assert.deepEqual(reduced[0], [0, 0, 0, 0]);
  assert.ok(reduced[1]![1]! > 0 && reduced[2]![2]! > reduced[1]![1]!);
  const enlarged = seeView(image, { ...plain, scale: 2 });
  assert.deepEqual([enlarged.width, enlarged.height], [4, 4]);
  assert.ok(reds(enlarged)[0]![0]! > 0, 'the corner is a pixel of the middle');
});
