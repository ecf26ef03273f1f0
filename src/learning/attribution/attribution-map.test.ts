import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reduceMap } from './attribution-map.ts';

test('the example of the docstring', () => {
  assert.deepEqual(reduceMap({ height: 1, width: 4, values: Float32Array.of(1, 3, 0, 2) }, 2), {
    height: 1,
    width: 2,
    values: Float32Array.of(2, 1),
  });
});

test('where a side does not divide evenly, pixels cover different numbers of values, and a small map stays as it is', () => {
  const map = { height: 3, width: 3, values: Float32Array.from({ length: 9 }, (_, i) => i) };
  assert.deepEqual(reduceMap(map, 2).values, Float32Array.of(2, 3.5, 6.5, 8));
  assert.deepEqual(reduceMap(map, 3).values, map.values);
});
