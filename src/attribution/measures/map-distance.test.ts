import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapDistance } from './map-distance.ts';

test('the example of the docstring', () => {
  assert.ok(Math.abs(mapDistance([0, 1, 0, 1], [0, 1, 1, 2]) - (1 - Math.SQRT1_2)) < 1e-12);
});

test('scale and offset do not count, the opposite is 2, and a map of one value is not compared', () => {
  assert.ok(mapDistance([1, 2, 3, 5], [12, 14, 16, 20]) < 1e-12);
  assert.ok(Math.abs(mapDistance([0, 1], [1, 0]) - 2) < 1e-12);
  assert.equal(mapDistance([1, 1, 1], [0, 1, 2]), Number.NaN);
});
