import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chanceIntersectionOverUnion, intersectionOverUnion, maskShare } from './intersection-over-union.ts';

test('the examples of the docstrings', () => {
  const mask = Uint8Array.of(1, 0, 1, 0);
  assert.equal(intersectionOverUnion(Float32Array.of(4, 3, 2, 1), mask), 1 / 3);
  assert.equal(chanceIntersectionOverUnion(mask), 1 / 3);
  assert.equal(maskShare(mask), 0.5);
});

test('it is 1 on the mask, 0 beside it, and as by chance where nothing stands out', () => {
  const mask = Uint8Array.of(1, 1, 0, 0, 0, 0, 0, 0);
  assert.equal(intersectionOverUnion(Float32Array.of(3, 2, 1, 0, 0, 0, 0, 0), mask), 1);
  assert.equal(intersectionOverUnion(Float32Array.of(0, 0, 0, 0, 0, 0, 1, 2), mask), 0);
  assert.equal(intersectionOverUnion(new Float32Array(8), mask), chanceIntersectionOverUnion(mask));
});

test('nothing finds an empty mask', () => {
  assert.equal(intersectionOverUnion(Float32Array.of(1, 0), new Uint8Array(2)), Number.NaN);
});
