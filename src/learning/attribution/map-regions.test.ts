import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../random.ts';
import { halfMassArea, partShares, regionNames, regionShares } from './map-regions.ts';

const square = (side: number) => ({ height: side, width: side });

test('the mass of a map is divided among the thirds of the image', () => {
  const map = new Float32Array([0, 0, 0, 0, 2, 1, 0, 0, 0]);
  const shares = regionShares(map, square(3));
  const named = Object.fromEntries(regionNames.map((name, i) => [name, shares[i]]));
  assert.deepEqual(named, {
    topLeft: 0,
    top: 0,
    topRight: 0,
    left: 0,
    middle: 2 / 3,
    right: 1 / 3,
    bottomLeft: 0,
    bottom: 0,
    bottomRight: 0,
  });
  const wide = regionShares(new Float32Array([1, 0, 0, 0, 0, 0]), { height: 1, width: 6 });
  assert.equal(wide[regionNames.indexOf('left')], 1, 'a single row lies in the middle band');
});

test('a constant map lies everywhere alike, and one of zeros nowhere', () => {
  const shares = regionShares(new Float32Array(81).fill(0.5), square(9));
  assert.ok(shares.every((share) => Math.abs(share - 1 / 9) < 1e-12));
  assert.ok(regionShares(new Float32Array(9), square(3)).every(Number.isNaN));
  assert.equal(halfMassArea(new Float32Array(100).fill(2)), 0.5);
  assert.ok(Number.isNaN(halfMassArea(new Float32Array(9))));
});

test('the area with half of the mass is found whatever the order and unit of the pixels', () => {
  assert.equal(halfMassArea(new Float32Array([6, 2, 1, 1])), 0.25);
  assert.equal(halfMassArea(new Float32Array([1, 30, 20, 10, 1, 0, 0, 0])), 0.25);
  const random = new Random('area');
  const map = Float32Array.from({ length: 400 }, () => random.float() ** 3);
  const sorted = map.toSorted((a, b) => b - a);
  const massOf = (pixels: number) =>
    sorted.subarray(0, pixels).reduce((sum, value) => sum + value, 0);
  const count = 400 * halfMassArea(map);
  assert.ok(massOf(count) >= massOf(400) / 2);
  assert.ok(massOf(count - 1) < massOf(400) / 2);
  assert.equal(halfMassArea(map.map((value) => 8 * value)), count / 400);
});

test('the mass of a map is divided among given parts, and that of zeros among none', () => {
  const parts = new Uint8Array([0, 1, 1, 3]);
  assert.deepEqual([...partShares(new Float32Array([2, 1, 1, 0]), parts, 4)], [0.5, 0.5, 0, 0]);
  assert.ok(partShares(new Float32Array(4), parts, 4).every(Number.isNaN));
});
