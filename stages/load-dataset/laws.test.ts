import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sampleKeys } from '../../src/learning/vision/dataset/sample-keys.ts';
import type { FoundImage, PlacedImage } from '../../src/learning/vision/lists/found-image.ts';
import { crossingGroups } from './check-splits.ts';
import { drawSplits } from './draw-splits.ts';
import { joinGroups } from './run.ts';

const shares = { train: 0.5, val: 0.25, test: 0.25 };
const names = fc.stringMatching(/^[a-f]{2}(_[a-f]{2})?$/);
const images = fc
  .uniqueArray(names, { maxLength: 40 })
  .map((all) =>
    all.map((name): FoundImage => ({ path: `fake/${name}.png`, label: 1, source: 'fake' })),
  );
const pattern = '/([a-f]{2})(?:_([a-f]{2}))?';

test('groups never cross splits, whatever joins them', () => {
  fc.assert(
    fc.property(images, fc.nat(), (found, seed) => {
      const placed = drawSplits(joinGroups(found, pattern), shares, seed);
      assert.equal(crossingGroups(placed).size, 0);
      // The same without groups: two images that share an identity share the split.
      const splits = new Map<string, string>();
      for (const { path, split } of placed) {
        for (const identity of path.slice(5, -4).split('_')) {
          assert.equal(splits.get(identity) ?? split, split);
          splits.set(identity, split);
        }
      }
    }),
  );
});

test('the order in which images are found changes no group', () => {
  fc.assert(
    fc.property(images, fc.nat(), (found, turn) => {
      const turned = [
        ...found.slice(turn % (found.length + 1)),
        ...found.slice(0, turn % (found.length + 1)),
      ];
      const groups = (list: readonly FoundImage[]) =>
        new Map(
          joinGroups(list, pattern)
            .map(({ path, group }) => [path, group] as const)
            .sort(),
        );
      assert.deepEqual(groups(turned), groups(found));
    }),
  );
});

/** Shares of two to four splits, in hundredths, so that their sum is 1. */
const anyShares = fc
  .uniqueArray(fc.integer({ min: 5, max: 95 }), { minLength: 1, maxLength: 3 })
  .map((cuts) => [0, ...cuts.sort((a, b) => a - b), 100])
  .filter((cuts) => cuts.every((cut, i) => i === 0 || cut - cuts[i - 1]! >= 5))
  .map((cuts) =>
    Object.fromEntries(
      cuts.slice(1).map((cut, i) => [['train', 'val', 'test', 'more'][i]!, (cut - cuts[i]!) / 100]),
    ),
  );

const loose = (label: number, count: number) =>
  Array.from(
    { length: count },
    (_, i): FoundImage => ({ path: `${label}/${i}.png`, label, source: `${label}` }),
  );
const grouped = (group: number, label: number, count: number) =>
  loose(label, count).map(
    (image): FoundImage => ({ ...image, path: `${group}/${image.path}`, group: `${group}` }),
  );

const countOf = (placed: readonly PlacedImage[], split: string, label: number) =>
  placed.filter((image) => image.split === split && image.label === label).length;

test('images that stand alone are split by class, every share rounded up or down, and none is lost', () => {
  const counts = fc.tuple(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 0, max: 90 }));
  fc.assert(
    fc.property(anyShares, counts, fc.nat(), (shares, [real, fake], seed) => {
      const found = [...loose(0, real), ...loose(1, fake)];
      const placed = drawSplits(found, shares, seed);
      assert.deepEqual(
        placed.map(({ split: _, ...image }) => image),
        found,
      );
      for (const [split, share] of Object.entries(shares)) {
        for (const [label, total] of [real, fake].entries()) {
          assert.ok(
            Math.abs(countOf(placed, split, label) - share * total) < 1 - 1e-9,
            `${split} ${label}`,
          );
        }
      }
    }),
  );
});

test('one seed gives one assignment, whatever the order of the images', () => {
  const sizes = fc.array(fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 1, max: 5 })), {
    maxLength: 12,
  });
  fc.assert(
    fc.property(
      anyShares,
      sizes,
      fc.integer({ min: 0, max: 9 }),
      fc.nat(),
      (shares, sizes, alone, seed) => {
        const found = [
          ...loose(0, alone),
          ...sizes.flatMap(([label, size], group) => grouped(group, label, size)),
        ];
        const splits = (images: readonly FoundImage[]) =>
          new Map(
            drawSplits(images, shares, seed)
              .map(({ path, split }) => [path, split] as const)
              .sort(),
          );
        assert.deepEqual(splits([...found].reverse()), splits(found));
      },
    ),
  );
});

test('no split exceeds its share of a class by much more than a group, however they are sized', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(anyShares, sizes, fc.nat(), (shares, sizes, seed) => {
      const placed = drawSplits(
        sizes.flatMap((size, group) => grouped(group, 0, size)),
        shares,
        seed,
      );
      assert.equal(crossingGroups(placed).size, 0);
      const smallest = Math.min(...Object.values(shares));
      for (const [split, share] of Object.entries(shares)) {
        // A split takes a group only while 2 * above + group costs less, relative to its share,
        // than the same in one below.
        const bound = (Math.max(...sizes) / 2) * (1 + Math.max(1, share / smallest));
        assert.ok(countOf(placed, split, 0) - share * placed.length <= bound + 1e-9, split);
      }
    }),
  );
});

test('as many groups of a class as splits are enough to bring it into every split', () => {
  fc.assert(
    fc.property(
      anyShares,
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 4, maxLength: 9 }),
      fc.nat(),
      (shares, sizes, seed) => {
        const placed = drawSplits(
          sizes.flatMap((size, group) => grouped(group, group % 2, size)),
          shares,
          seed,
        );
        const splits = Object.keys(shares);
        for (const label of [0, 1]) {
          const groups = sizes.filter((_, group) => group % 2 === label).length;
          if (groups >= splits.length)
            assert.ok(splits.every((split) => countOf(placed, split, label) > 0));
        }
      },
    ),
  );
});

test('keys are unique and end where WebDataset readers end them', () => {
  const path = fc.stringMatching(/^([ab.]{1,3}\/){0,2}[ab_]{1,2}(\.[ab]){0,2}\.(jpg|png)$/);
  fc.assert(
    fc.property(fc.uniqueArray(path, { maxLength: 40 }), (paths) => {
      const keys = [...sampleKeys(paths).values()];
      assert.equal(new Set(keys).size, paths.length);
      for (const key of keys) assert.doesNotMatch(key.slice(key.lastIndexOf('/') + 1), /\./);
    }),
  );
});
