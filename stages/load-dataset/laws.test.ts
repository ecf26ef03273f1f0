import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { crossingGroups, drawSplits } from './assign-splits.ts';
import type { FoundImage } from './found-image.ts';
import { joinGroups } from './join-groups.ts';
import { sampleKeys } from './sample-keys.ts';

const shares = { train: 0.5, val: 0.25, test: 0.25 };
const names = fc.stringMatching(/^[a-f]{2}(_[a-f]{2})?$/);
const images = fc
  .uniqueArray(names, { maxLength: 40 })
  .map((all) => all.map((name): FoundImage => ({ path: `fake/${name}.png`, label: 1, source: 'fake' })));
const pattern = '/([a-f]{2})(?:_([a-f]{2}))?';

test('groups never cross splits, whatever joins them', () => {
  fc.assert(
    fc.property(images, fc.nat(), (found, seed) => {
      const placed = drawSplits(joinGroups(found, pattern), shares, seed);
      assert.equal(crossingGroups(placed).size, 0);
      // Said without groups: two images that share an identity share the split.
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
      const turned = [...found.slice(turn % (found.length + 1)), ...found.slice(0, turn % (found.length + 1))];
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

test('shares are met on average', () => {
  const found = Array.from({ length: 20_000 }, (_, i): FoundImage => ({ path: `${i}.png`, label: 0, source: 'real' }));
  const placed = drawSplits(found, shares, 7);
  for (const [name, share] of Object.entries(shares)) {
    const got = placed.filter(({ split }) => split === name).length / placed.length;
    assert.ok(Math.abs(got - share) < 0.01, `${name}: ${got}`);
  }
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
