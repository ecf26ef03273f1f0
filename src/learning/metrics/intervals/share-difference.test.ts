import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shareDifference } from './share-difference.ts';

const rounded = (numbers: object) =>
  Object.values(numbers).map((number) => Number(number.toFixed(4)));

test('the difference of two shares has the interval of Newcombe’s own examples', () => {
  const cases = [
    [56, 70, 48, 80, [0.2, 0.0524, 0.3339]],
    [9, 10, 3, 10, [0.6, 0.1705, 0.809]],
    [10, 10, 0, 20, [1, 0.6791, 1]],
    [0, 10, 0, 10, [0, -0.2775, 0.2775]],
  ] as const;
  for (const [right, images, otherRight, otherImages, expected] of cases) {
    const first = { value: right / images, images };
    const second = { value: otherRight / otherImages, images: otherImages };
    assert.deepEqual(rounded(shareDifference(first, second, 0.95)), expected);
  }
});
