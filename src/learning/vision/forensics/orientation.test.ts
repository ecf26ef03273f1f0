import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inverseOf, orientations, oriented } from './orientation.ts';

test('a picture of four pixels lies in eight ways', () => {
  const all = orientations.map((orientation) => [...oriented([1, 2, 3, 4], orientation)].join(''));
  assert.deepEqual(all, ['1234', '3142', '4321', '2413', '2143', '4231', '3412', '1324']);
});

test('four turns, or an orientation and its inverse, give the picture itself', () => {
  const picture = Float64Array.from({ length: 25 }, (_, i) => i * i);
  const turned = [1, 2, 3, 4].reduce<Float64Array>((grey) => oriented(grey, 'rotated 90'), picture);
  assert.deepEqual(turned, picture);
  for (const orientation of orientations) {
    assert.deepEqual(
      oriented(oriented(picture, orientation), inverseOf(orientation)),
      picture,
      orientation,
    );
  }
});
