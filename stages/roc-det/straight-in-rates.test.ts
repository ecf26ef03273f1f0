import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalQuantile } from '../../src/learning/metrics/intervals/normal-distribution.ts';
import { straightInRates } from './straight-in-rates.ts';

const deviate = (rate: number) => Math.min(4.5, Math.max(-4.5, normalQuantile(rate)));

test('images of one score give a line that is straight in rates', () => {
  const tied = [
    { x: 0.98, y: 0.01 },
    { x: 0.01, y: 0.95 },
  ];
  const drawn = straightInRates(tied, deviate);
  const slope = (0.95 - 0.01) / (0.01 - 0.98);
  for (const [i, { x, y }] of drawn.entries()) {
    // The rate of y on the line at this x.
    const rate = 0.01 + slope * (rateOf(x) - 0.98);
    assert.ok(Math.abs(y - deviate(rate)) < 1e-6, `${x}, ${y}`);
    if (i === 0) continue;
    const previous = drawn[i - 1]!;
    assert.ok(x < previous.x && y > previous.y, `${x}, ${y} does not follow`);
    assert.ok(previous.x - x < 0.06 && y - previous.y < 0.06, `${x}, ${y} is far from the last`);
  }
});

test('a line that ends where a rate is 0 or 1 begins at the ends of the axes', () => {
  const drawn = straightInRates(
    [
      { x: 1, y: 0 },
      { x: 0, y: 1 },
    ],
    deviate,
  );
  assert.deepEqual(drawn.at(0), { x: 4.5, y: -4.5 });
  assert.deepEqual(drawn.at(-1), { x: -4.5, y: 4.5 });
  for (const { x, y } of drawn) assert.ok(Math.abs(x + y) < 1e-6, `${x}, ${y}`);
});

test('steps along one axis, and steps that nobody sees, stay as they are', () => {
  const steps = [
    { x: 0.5, y: 0.1 },
    { x: 0.3, y: 0.1 },
    { x: 0.3, y: 0.4 },
    { x: 0.299, y: 0.401 },
  ];
  const drawn = straightInRates(steps, deviate);
  assert.deepEqual(
    drawn,
    steps.map(({ x, y }) => ({ x: deviate(x), y: deviate(y) })),
  );
});

/** The rate of a deviate, by bisection. */
function rateOf(value: number): number {
  let low = 0;
  let high = 1;
  for (let i = 0; i < 60; i += 1) {
    const middle = (low + high) / 2;
    if (normalQuantile(middle) < value) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
