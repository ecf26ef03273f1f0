import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resample } from './resample.ts';

test('values are linear between the centres of pixels, and constant beyond the outermost', () => {
  const wide = resample(Float32Array.of(0, 4), { width: 2, height: 1 }, { width: 4, height: 1 }, 1);
  assert.deepEqual(wide, Float32Array.of(0, 1, 3, 4));
  const high = resample(
    Float32Array.of(0, 8, 4, 8),
    { width: 1, height: 2 },
    { width: 1, height: 4 },
    2,
  );
  assert.deepEqual(high, Float32Array.of(0, 8, 1, 8, 3, 8, 4, 8));
});

test('a pixel of a smaller image is the mean under a triangle as wide as two of its pixels', () => {
  // Weights of 3, 3, 1 and of 1, 3, 3 sevenths.
  const small = resample(
    Float32Array.of(7, 0, 14, 0),
    { width: 4, height: 1 },
    { width: 2, height: 1 },
    1,
  );
  assert.deepEqual(small, Float32Array.of(5, 6));
});

test('an image of its own size stays as it is', () => {
  const values = Float32Array.from({ length: 12 }, (_, i) => i);
  assert.deepEqual(resample(values, { width: 2, height: 2 }, { width: 2, height: 2 }, 3), values);
});

test('a side may have more pixels than a call has room for arguments', () => {
  const narrow = { width: 2, height: 1 };
  const wide = resample(Float32Array.of(3, 3), narrow, { width: 300_000, height: 1 }, 1);
  assert.deepEqual([wide.length, wide[0], wide.at(-1)], [300_000, 3, 3]);
});
