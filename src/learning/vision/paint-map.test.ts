import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overlayMap, paintMap } from './paint-map.ts';

const map = { height: 1, width: 2, values: Float32Array.of(0, 1) };
const image = { height: 1, width: 2, pixels: Uint8Array.of(100, 100, 100, 200, 200, 200) };

test('a map is painted value by value', () => {
  assert.deepEqual(paintMap(map, 'jet'), { height: 1, width: 2, pixels: Uint8Array.of(0, 0, 127, 127, 0, 0) });
});

test('an overlay is between the image and the map’s colours, as far as its opacity says', () => {
  const overlaid = (opacity: number) => overlayMap(image, map, { colours: 'jet', opacity }).pixels;
  assert.deepEqual(overlaid(0), image.pixels);
  assert.deepEqual(overlaid(1), paintMap(map, 'jet').pixels);
  assert.deepEqual(overlaid(0.5), Uint8Array.of(50, 50, 114, 164, 100, 100));
});

test('a map of nothing leaves the image as it is', () => {
  const nothing = { ...map, values: new Float32Array(2) };
  assert.deepEqual(overlayMap(image, nothing, { colours: 'jet', opacity: 0.5 }), image);
});
