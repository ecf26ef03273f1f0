import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHalf, toHalf } from './half-floats.ts';

test('numbers of 16 bits are those of IEEE 754', () => {
  for (const [value, bits] of [
    [0, 0],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [65_504, 0x7bff],
    [65_519, 0x7bff],
    [65_520, 0x7c00],
    [Number.NEGATIVE_INFINITY, 0xfc00],
    [0.1, 0x2e66],
    [2 ** -14, 0x0400],
    [2 ** -24, 1],
    [2 ** -25, 0],
    [1.5 * 2 ** -24, 2],
  ] as const)
    assert.equal(toHalf(value), bits, `${value}`);
  assert.ok(Number.isNaN(fromHalf(toHalf(Number.NaN))));
});

test('every finite number of 16 bits comes back, and what lies between two goes to the nearer one, or to the even', () => {
  for (let bits = 0; bits < 0x7c00; bits++) {
    const value = fromHalf(bits);
    assert.equal(toHalf(value), bits);
    assert.equal(toHalf(-value), bits | 0x8000);
    if (bits === 0x7bff) continue;
    const next = fromHalf(bits + 1);
    assert.equal(toHalf(value + 0.25 * (next - value)), bits);
    assert.equal(toHalf(value + 0.75 * (next - value)), bits + 1);
    assert.equal(toHalf((value + next) / 2), bits + (bits % 2));
  }
});
