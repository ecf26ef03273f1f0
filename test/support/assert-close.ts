import assert from 'node:assert/strict';

/** Asserts that every number is within `tolerance` of the expected one at its index. */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what = 'values',
): void {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    const isClose = Math.abs(actual[i]! - expected[i]!) <= tolerance;
    assert.ok(isClose, `${what}: expected ${expected[i]} at ${i}, got ${actual[i]}`);
  }
}
