import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapDistance } from './map-distance.ts';

test('the example of the docstring', () => {
  assert.equal(mapDistance([0, 1, 0, 1], [0, 1, 1, 2]), 0.25);
});

test('the unit does not count, maps without a pixel in common are 1 apart, and one of zeros is not compared', () => {
  assert.ok(mapDistance([1, 2, 3, 5], [10, 20, 30, 50]) < 1e-12);
  assert.equal(mapDistance([0, 1], [1, 0]), 1);
  assert.equal(mapDistance([0, 0], [1, 2]), Number.NaN);
});
