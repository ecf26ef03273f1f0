import assert from 'node:assert/strict';
import { test } from 'node:test';
import { independentDifference, shareDifference } from './share-difference.ts';

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

test('the difference of two estimates has the interval that theirs leave it', () => {
  const first = { estimate: 0.8, low: 0.7, high: 0.9 };
  const second = { estimate: 0.6, low: 0.5, high: 0.7 };
  assert.deepEqual(rounded(independentDifference(first, second)), [0.2, 0.0586, 0.3414]);
  const exact = { estimate: 0.6, low: 0.6, high: 0.6 };
  assert.deepEqual(rounded(independentDifference(first, exact)), [0.2, 0.1, 0.3]);
  const unknown = { estimate: 0.6, low: Number.NaN, high: Number.NaN };
  assert.deepEqual(rounded(independentDifference(first, unknown)), [0.2, Number.NaN, Number.NaN]);
});
