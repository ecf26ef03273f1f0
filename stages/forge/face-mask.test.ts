import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../src/random.ts';
import { fillHull, freeForm, soften } from './face-mask.ts';

const size = { width: 40, height: 30 };
const square = (left: number, top: number, side: number) => [
  { x: left, y: top },
  { x: left + side, y: top },
  { x: left + side, y: top + side },
  { x: left, y: top + side },
];
const sumOf = (mask: Float32Array) => mask.reduce((sum, value) => sum + value, 0);
const at = (mask: Float32Array, column: number, row: number) => mask[row * size.width + column]!;

test('a hull is 1 inside and 0 outside, and a pixel that its edge halves is a half', () => {
  const mask = fillHull(size, square(10, 8, 12));
  assert.equal(sumOf(mask), 144);
  assert.equal(at(fillHull(size, square(10.5, 8, 12)), 10, 14), 0.5);
});

test('a deformed hull that is cut by the edge ends there straight, without a neck', () => {
  // The hull reaches 20 pixels beyond the right edge: every row of its middle is cut.
  const mask = fillHull(
    size,
    square(20, 5, 40),
    freeForm(size, { spacing: 10, deviation: 1 }, new Random(3)),
  );
  for (let row = 10; row < size.height; row++) assert.equal(at(mask, size.width - 1, row), 1);
  // A hull within the window has nothing at its edge, however it is deformed.
  for (let seed = 0; seed < 20; seed++) {
    const deformation = freeForm(size, { spacing: 10, deviation: 1 }, new Random(seed));
    const inner = fillHull(size, square(10, 6, 18), deformation);
    for (let row = 0; row < size.height; row++) assert.equal(at(inner, size.width - 1, row), 0);
  }
});

test('a mask shrinks where the first Gaussian is the wider one, and grows where the second is', () => {
  const mask = fillHull(size, square(10, 6, 18));
  const half = (softened: Float32Array) => softened.filter((value) => value >= 0.5).length;
  const shrunk = soften(mask, size, [2, 0.5]);
  const soft = soften(mask, size, [0.5, 2]);
  assert.ok(half(shrunk) < half(soft));
  assert.ok(soft.filter((value) => value > 0).length > 18 * 18);
});
