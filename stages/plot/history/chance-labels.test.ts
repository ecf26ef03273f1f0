import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chanceLabels, levelsOf } from './chance-labels.ts';

const splits = ['train', 'val', 'test'];
const labels = (
  losses: readonly (readonly [string, number])[],
  unitsPerNat = 760,
  drawn = splits,
) => chanceLabels(levelsOf(losses), drawn, unitsPerNat);

test('levels that differ by less than a label shows are one, of all splits by its value', () => {
  const near = [
    ['train', Math.LN2 - 2e-7],
    ['val', Math.LN2],
    ['test', Math.LN2 - 7e-6],
  ] as const; // an odd number of images
  assert.deepEqual(levelsOf(near).length, 1);
  assert.deepEqual(
    labels(near).map(({ lines }) => lines),
    [['chance', 'ln 2']],
  );
});

test('a level that is not of all splits says of which it is', () => {
  assert.deepEqual(
    labels([['val', 0.5]]).map(({ lines }) => lines),
    [['chance', 'val: 0.500']],
  );
  assert.deepEqual(
    labels([['val', 0.5]], 760, ['val']).map(({ lines }) => lines),
    [['chance', '0.500']],
  );
});

test('levels that are too close for a label each share one, the greatest on top; others have their own', () => {
  const losses = [
    ['train', 0.61],
    ['val', 0.6],
    ['test', 0.3],
  ] as const;
  assert.deepEqual(labels(losses), [
    { loss: 0.3, lines: ['chance', 'test: 0.300'] },
    { loss: 0.605, lines: ['chance', 'train: 0.610', 'val: 0.600'] },
  ]);
  assert.equal(labels(losses, 5000).length, 3);
  assert.equal(labels(losses, 10).length, 1);
});
