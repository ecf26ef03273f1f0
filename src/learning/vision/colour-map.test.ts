import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { type ColourMap, colourMap, overlayMap, paintMap } from './colour-map.ts';

/** Matplotlib 3.10: `colormaps[name](value, bytes=True)`. */
const matplotlib = {
  jet: [
    [0, [0, 0, 127]],
    [0.1, [0, 0, 241]],
    [0.25, [0, 128, 255]],
    [0.5, [124, 255, 121]],
    [0.75, [255, 148, 0]],
    [1, [127, 0, 0]],
  ],
  viridis: [
    [0, [68, 1, 84]],
    [0.1, [72, 35, 116]],
    [0.25, [58, 82, 139]],
    [0.5, [32, 144, 140]],
    [0.75, [94, 201, 97]],
    [1, [253, 231, 36]],
  ],
} as const;

/**
 * The digest of all 256 colours, three bytes each:
 * `sha256(colormaps[name](arange(256), bytes=True)[:, :3].tobytes())`.
 */
const digests = {
  jet: 'c1b7b97444ebebfc30a590ce3eada7cffefb868960c6c39fd4ed1ff7a40712e9',
  viridis: '96a1f6f37d4041f953def955ffb8b9ea2110a9b4e3c9b701182d48f7a9774c58',
};

for (const name of ['jet', 'viridis'] satisfies ColourMap[]) {
  test(`${name} is Matplotlib’s, in each of its colours`, () => {
    const colourOf = colourMap(name);
    for (const [value, colour] of matplotlib[name]) assert.deepEqual(colourOf(value), colour);
    const all = Uint8Array.from(
      Array.from({ length: 256 }, (_, step) => colourOf((step + 0.5) / 256)).flat(),
    );
    assert.equal(createHash('sha256').update(all).digest('hex'), digests[name]);
  });
}

test('a value outside the range has the colour of its end', () => {
  assert.deepEqual(colourMap('jet')(-1), colourMap('jet')(0));
  assert.deepEqual(colourMap('jet')(2), colourMap('jet')(1));
});

const map = { height: 1, width: 2, values: Float32Array.of(0, 1) };
const image = { height: 1, width: 2, pixels: Uint8Array.of(100, 100, 100, 200, 200, 200) };

test('a map is painted value by value', () => {
  assert.deepEqual(paintMap(map, 'jet'), {
    height: 1,
    width: 2,
    pixels: Uint8Array.of(0, 0, 127, 127, 0, 0),
  });
});

test('an overlay mixes the image and the map’s colours by its opacity', () => {
  const overlaid = (opacity: number) => overlayMap(image, map, { colours: 'jet', opacity }).pixels;
  assert.deepEqual(overlaid(0), image.pixels);
  assert.deepEqual(overlaid(1), paintMap(map, 'jet').pixels);
  assert.deepEqual(overlaid(0.5), Uint8Array.of(50, 50, 114, 164, 100, 100));
});

test('a map of zeros leaves the image as it is', () => {
  const nothing = { ...map, values: new Float32Array(2) };
  assert.deepEqual(overlayMap(image, nothing, { colours: 'jet', opacity: 0.5 }), image);
});
