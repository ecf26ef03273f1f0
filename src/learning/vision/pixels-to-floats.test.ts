import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Random } from '../../random.ts';
import {
  drawPlacement,
  movePixels,
  normalizationTable,
  pixelsToFloats,
  unitRange,
  unmoved,
} from './pixels-to-floats.ts';

const table = normalizationTable(unitRange);

/** The red channel of a placed 3 x 2 picture of 1 2 3 / 4 5 6, times 255. */
function place(left: number, top: number, flip: boolean): readonly (readonly number[])[] {
  const pixels = Uint8Array.from([1, 2, 3, 4, 5, 6].flatMap((value) => [value, 100, 200]));
  const floats = new Float32Array(18).fill(Number.NaN);
  pixelsToFloats(pixels, { width: 3, height: 2 }, { left, top, flip }, table, floats);
  const red = (y: number) => [0, 1, 2].map((x) => Math.round(floats[(y * 3 + x) * 3]! * 255));
  return [red(0), red(1)];
}

test('an image is shifted, then mirrored, and black comes in', () => {
  assert.deepEqual(place(0, 0, false), [
    [1, 2, 3],
    [4, 5, 6],
  ]);
  assert.deepEqual(place(1, 0, false), [
    [2, 3, 0],
    [5, 6, 0],
  ]);
  assert.deepEqual(place(-2, 1, false), [
    [0, 0, 4],
    [0, 0, 0],
  ]);
  assert.deepEqual(place(0, 0, true), [
    [3, 2, 1],
    [6, 5, 4],
  ]);
  assert.deepEqual(place(1, -1, true), [
    [0, 0, 0],
    [0, 3, 2],
  ]);
  assert.deepEqual(place(-3, 5, true), [
    [0, 0, 0],
    [0, 0, 0],
  ]);
});

test('what comes in is black before normalisation', () => {
  const normalization = { mean: [0.5, 0.25, 0.1], deviation: [0.5, 0.5, 0.2] } as const;
  const floats = new Float32Array(3);
  const away = { left: 1, top: 0, flip: false };
  pixelsToFloats(Uint8Array.of(9, 9, 9), { width: 1, height: 1 }, away, normalizationTable(normalization), floats);
  assert.deepEqual([...floats], [-1, -0.5, -0.5]);
});

test('every float is written, whatever the placement', () => {
  const shift = fc.integer({ min: -9, max: 9 });
  fc.assert(
    fc.property(shift, shift, fc.boolean(), fc.integer({ min: 1, max: 7 }), (left, top, flip, width) => {
      const floats = new Float32Array(width * 5 * 3).fill(Number.NaN);
      pixelsToFloats(new Uint8Array(floats.length).fill(255), { width, height: 5 }, { left, top, flip }, table, floats);
      const covered = Math.max(0, width - Math.abs(left)) * Math.max(0, 5 - Math.abs(top));
      assert.equal(
        floats.reduce((sum, value) => sum + value, 0),
        covered * 3,
      );
    }),
  );
});

test('moving pixels first gives the same floats as moving them on the way', () => {
  const shift = fc.integer({ min: -9, max: 9 });
  fc.assert(
    fc.property(shift, shift, fc.boolean(), fc.integer({ min: 1, max: 7 }), (left, top, flip, width) => {
      const pixels = Uint8Array.from({ length: width * 5 * 3 }, (_, i) => 1 + i);
      const [size, placement] = [
        { width, height: 5 },
        { left, top, flip },
      ];
      const [onTheWay, first] = [new Float32Array(pixels.length), new Float32Array(pixels.length)];
      pixelsToFloats(pixels, size, placement, table, onTheWay);
      pixelsToFloats(movePixels({ ...size, pixels }, placement).pixels, size, unmoved, table, first);
      assert.deepEqual(first, onTheWay);
    }),
  );
});

test('all 81 crops of padding 4 and both sides come up', () => {
  const seen = new Map<string, number>();
  for (let index = 0; index < 16_200; index++) {
    const { left, top, flip } = drawPlacement({ crop: 4, flip: true }, new Random(1, index));
    const name = `${left} ${top} ${flip}`;
    seen.set(name, (seen.get(name) ?? 0) + 1);
  }
  assert.equal(seen.size, 162);
  for (const [name, count] of seen) assert.ok(Math.abs(count - 100) < 50, `${name}: ${count}`);
});
