import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Random } from '../../random.ts';
import { countDivided, pairedOrder, unitsOf } from './paired-order.ts';

test('images of a group belong together, of videos those of one frame, and others are alone', () => {
  const items = [
    { group: 'a' },
    {},
    { group: 'b', frame: 0 },
    { group: 'b', frame: 5 },
    { group: 'a' },
    { group: 'b', frame: 5 },
    {},
  ];
  assert.deepEqual(unitsOf(items), [[0, 4], [1], [2], [3, 5], [6]]);
});

test('a photograph and its forgeries are a unit of their own within the group of a person', () => {
  const items = [
    { group: 'anna', pair: '1' },
    { group: 'anna', pair: '1' },
    { group: 'anna', pair: '2' },
    { group: 'anna', pair: '2' },
    { group: 'anna' },
    { group: 'anna' },
  ];
  assert.deepEqual(unitsOf(items), [
    [0, 1],
    [2, 3],
    [4, 5],
  ]);
});

/** Units of these sizes, with their items in turn. */
function unitsOfSizes(sizes: readonly number[]): readonly (readonly number[])[] {
  let next = 0;
  return sizes.map((size) => Array.from({ length: size }, () => next++));
}

test('every item stands once in the order, which the seed decides', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 40 });
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 8 }), fc.nat(), (given, batchSize, seed) => {
      const units = unitsOfSizes(given);
      const draw = () => pairedOrder(units, batchSize, new Random(seed));
      const items = units.flat();
      assert.deepEqual(
        [...draw()].toSorted((a, b) => a - b),
        items,
      );
      assert.deepEqual(draw(), draw());
    }),
  );
});

test('pairs are never divided by batches of an even size', () => {
  const even = fc.integer({ min: 1, max: 8 }).map((half) => 2 * half);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 40 }), even, fc.nat(), (count, batchSize, seed) => {
      const pairs = unitsOfSizes(Array<number>(count).fill(2));
      const order = pairedOrder(pairs, batchSize, new Random(seed));
      assert.equal(countDivided(pairs, order, batchSize), 0);
    }),
  );
});

test('a single image takes the place in which a pair has no room', () => {
  const units = unitsOfSizes([2, 2, 1, 2, 2, 1]);
  for (const seed of [1, 2, 3, 4])
    assert.equal(countDivided(units, pairedOrder(units, 5, new Random(seed)), 5), 0);
});

test('a unit without room in any batch is divided, and counted', () => {
  const units = unitsOfSizes([2, 2, 2]);
  assert.equal(countDivided(units, pairedOrder(units, 3, new Random(1)), 3), 1);
  const large = unitsOfSizes([7]);
  assert.equal(countDivided(large, pairedOrder(large, 4, new Random(1)), 4), 1);
});

test('orders of two epochs differ in which groups meet', () => {
  const units = unitsOfSizes(Array<number>(20).fill(2));
  const first = pairedOrder(units, 4, new Random('order', 1, 1));
  const second = pairedOrder(units, 4, new Random('order', 1, 2));
  assert.notDeepEqual(first, second);
});
