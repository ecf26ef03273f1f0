import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { areaMeans } from './area-means.ts';

const grey = (values: readonly number[]) =>
  Uint8Array.from(values.flatMap((value) => [value, value, value]));

test('the example of the docstring is right, in either direction', () => {
  const expected = [2, 8, 2, 8].flatMap((value) => [value, value, value]);
  const rounded = (means: Float64Array) => Array.from(means, (value) => Number(value.toFixed(9)));
  const image = { width: 3, height: 1, pixels: grey([0, 6, 9]) };
  assert.deepEqual(rounded(areaMeans(image, 2)), expected);
  const upright = rounded(areaMeans({ ...image, width: 1, height: 3 }, 2));
  assert.deepEqual(
    upright,
    [2, 2, 8, 8].flatMap((value) => [value, value, value]),
  );
});

test('channels stay apart, and the mean of the image stays, larger or smaller', () => {
  const size = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(
      size,
      size,
      fc.integer({ min: 1, max: 20 }),
      fc.nat(255),
      (width, height, side, last) => {
        const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) =>
          i % 3 === 0 ? 7 : (i * last) % 256,
        );
        const means = areaMeans({ width, height, pixels }, side);
        const mean = (values: ArrayLike<number>, channel: number) =>
          Array.from(values).reduce((sum, value, i) => sum + (i % 3 === channel ? value : 0), 0) /
          (values.length / 3);
        for (let i = 0; i < means.length; i += 3) assert.ok(Math.abs(means[i]! - 7) < 1e-9);
        for (const channel of [1, 2])
          assert.ok(Math.abs(mean(means, channel) - mean(pixels, channel)) < 1e-9);
      },
    ),
  );
});
