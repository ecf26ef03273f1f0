import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../random.ts';
import { chanceDistance, meanDistance, weightedSums } from './chance-distance.ts';

const cells = 16;

/** Maps of noise; those of the second class have `bump` more in their first quarter. */
function maps(images: number, bump: number) {
  const random = new Random('maps', images);
  const labels = Uint8Array.from({ length: images }, (_, i) => i % 2);
  const coarse = Float32Array.from({ length: images * cells }, (_, i) => {
    const isBump = labels[Math.floor(i / cells)] === 1 && i % cells < cells / 4;
    return random.float() + (isBump ? bump : 0);
  });
  return { classes: 2, labels, coarse, cells };
}

test('classes with different maps are further apart than by chance, those with similar maps are not', () => {
  const apart = maps(40, 2);
  const { byChance, p } = chanceDistance(apart, 1);
  assert.ok(meanDistance(weightedSums(apart, apart.labels)) > 3 * byChance);
  assert.ok(Math.abs(p - 1 / 1001) < 1e-9);
  assert.ok(chanceDistance(maps(40, 0), 1).p > 0.05);
});

test('images of one group count as one: with two groups a class, no arrangement is rare', () => {
  const apart = maps(40, 2);
  const groups = Array.from({ length: 40 }, (_, i) => `${i % 4}`);
  assert.ok(chanceDistance({ ...apart, groups }, 1).p > 0.1);
});

test('labels are shuffled within groups of both classes, so that the images of a pair are compared with each other', () => {
  const apart = maps(40, 2);
  const groups = Array.from({ length: 40 }, (_, i) => `${Math.floor(i / 2)}`);
  assert.ok(chanceDistance({ ...apart, groups }, 1).p < 0.01);
});

test('one class alone has no distance', () => {
  const { coarse } = maps(4, 0);
  assert.deepEqual(chanceDistance({ classes: 2, labels: new Uint8Array(4), coarse, cells }, 1), {
    byChance: Number.NaN,
    p: Number.NaN,
  });
});
