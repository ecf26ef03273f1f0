import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Random } from '../../../random.ts';
import { drawPlacement, movePixels } from './placement.ts';

/** The red channel of a placed 3 x 2 picture of 1 2 3 / 4 5 6. */
function placed(left: number, top: number, flip: boolean): readonly (readonly number[])[] {
  const pixels = Uint8Array.from([1, 2, 3, 4, 5, 6].flatMap((value) => [value, 100, 200]));
  const moved = movePixels({ width: 3, height: 2, pixels }, { left, top, flip }).pixels;
  const red = (y: number) => [0, 1, 2].map((x) => moved[(y * 3 + x) * 3]!);
  return [red(0), red(1)];
}

test('an image is shifted, then mirrored, and black comes in', () => {
  assert.deepEqual(placed(0, 0, false), [
    [1, 2, 3],
    [4, 5, 6],
  ]);
  assert.deepEqual(placed(1, 0, false), [
    [2, 3, 0],
    [5, 6, 0],
  ]);
  assert.deepEqual(placed(-2, 1, false), [
    [0, 0, 4],
    [0, 0, 0],
  ]);
  assert.deepEqual(placed(0, 0, true), [
    [3, 2, 1],
    [6, 5, 4],
  ]);
  assert.deepEqual(placed(1, -1, true), [
    [0, 0, 0],
    [0, 3, 2],
  ]);
  assert.deepEqual(placed(-3, 5, true), [
    [0, 0, 0],
    [0, 0, 0],
  ]);
});

test('every pixel keeps its three channels, whatever the placement', () => {
  const shift = fc.integer({ min: -9, max: 9 });
  fc.assert(
    fc.property(
      shift,
      shift,
      fc.boolean(),
      fc.integer({ min: 1, max: 7 }),
      (left, top, flip, width) => {
        const pixels = Uint8Array.from({ length: width * 5 * 3 }, (_, i) => 1 + i);
        const moved = movePixels({ width, height: 5, pixels }, { left, top, flip }).pixels;
        for (let y = 0; y < 5; y++) {
          for (let x = 0; x < width; x++) {
            const fromX = (flip ? width - 1 - x : x) + left;
            const fromY = y + top;
            const isInside = fromX >= 0 && fromX < width && fromY >= 0 && fromY < 5;
            const from = 3 * (fromY * width + fromX);
            const expected = isInside ? [...pixels.subarray(from, from + 3)] : [0, 0, 0];
            assert.deepEqual(
              [...moved.subarray(3 * (y * width + x), 3 * (y * width + x) + 3)],
              expected,
            );
          }
        }
      },
    ),
  );
});

test('all 81 crops of padding 4 occur, mirrored or not', () => {
  const seen = new Map<string, number>();
  for (let index = 0; index < 16_200; index++) {
    const { left, top, flip } = drawPlacement({ crop: 4, flip: true }, new Random(1, index));
    const name = `${left} ${top} ${flip}`;
    seen.set(name, (seen.get(name) ?? 0) + 1);
  }
  assert.equal(seen.size, 162);
  for (const [name, count] of seen) assert.ok(Math.abs(count - 100) < 50, `${name}: ${count}`);
});
