import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accuracyOfRows, aucOfRows, rightness } from './row-statistics.ts';

const labels = [0, 0, 1, 1] as const;
const rows = [
  { negative: 0, positive: -1 },
  { negative: 0, positive: 2 },
  { negative: 1, positive: 2 },
  { negative: 0, positive: 3 },
];

test('the example: one real image is ranked above a fake one, and called fake', () => {
  const all = new Uint8Array(4).fill(1);
  assert.equal(aucOfRows(labels, rows)(all), 0.75);
  assert.equal(accuracyOfRows(labels, rows)(all), 0.75);
});

test('an image of no weight does not count', () => {
  const withoutIt = Uint8Array.of(1, 0, 1, 1);
  assert.equal(aucOfRows(labels, rows)(withoutIt), 1);
  assert.equal(accuracyOfRows(labels, rows)(withoutIt), 1);
});

test('an image with two equal scores is half right, whichever class it is of', () => {
  const tied = { negative: 1, positive: 1 };
  assert.deepEqual([rightness(0, tied), rightness(1, tied)], [0.5, 0.5]);
  assert.deepEqual([rightness(0, rows[0]!), rightness(1, rows[0]!)], [1, 0]);
  assert.equal(accuracyOfRows([0, 1], [tied, tied])(Uint8Array.of(1, 1)), 0.5);
});
