import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  chanceIntersectionOverUnion,
  intersectionOverUnion,
  mapDistance,
  maskShare,
  mostSalient,
  pointingGame,
  salience,
  topShare,
} from './map-measures.ts';

test('the pointing game: the example of the docstring', () => {
  assert.equal(pointingGame(Float32Array.of(0, 3, 3, 1), Uint8Array.of(1, 1, 0, 0)), 0.5);
});

test('the pointing game is won inside, lost outside, and by chance where nothing stands out', () => {
  const mask = Uint8Array.of(0, 0, 0, 1);
  assert.equal(pointingGame(Float32Array.of(1, 2, 3, 4), mask), 1);
  assert.equal(pointingGame(Float32Array.of(4, 3, 2, 1), mask), 0);
  assert.equal(pointingGame(new Float32Array(4), mask), 0.25);
});

test('intersection over union: the examples of the docstrings', () => {
  const mask = Uint8Array.of(1, 0, 1, 0);
  assert.equal(intersectionOverUnion(Float32Array.of(4, 3, 2, 1), mask), 1 / 3);
  assert.equal(chanceIntersectionOverUnion(mask), 1 / 3);
  assert.equal(maskShare(mask), 0.5);
});

test('the overlap is 1 on the mask, 0 beside it, and as by chance where nothing stands out', () => {
  const mask = Uint8Array.of(1, 1, 0, 0, 0, 0, 0, 0);
  assert.equal(intersectionOverUnion(Float32Array.of(3, 2, 1, 0, 0, 0, 0, 0), mask), 1);
  assert.equal(intersectionOverUnion(Float32Array.of(0, 0, 0, 0, 0, 0, 1, 2), mask), 0);
  assert.equal(intersectionOverUnion(new Float32Array(8), mask), chanceIntersectionOverUnion(mask));
});

test('no map can find an empty mask', () => {
  assert.equal(intersectionOverUnion(Float32Array.of(1, 0), new Uint8Array(2)), Number.NaN);
});

test('the top share: the example of the docstring', () => {
  assert.equal(topShare(Float32Array.of(6, 2, 1, 1)), 0.6);
});

test('a map of one value everywhere has a tenth of it in a tenth of its pixels, one of zeros has no share', () => {
  assert.equal(topShare(new Float32Array(100).fill(3)), 0.1);
  assert.equal(topShare(Float32Array.from({ length: 100 }, (_, i) => (i < 5 ? 2 : 0))), 1);
  assert.equal(topShare(new Float32Array(100)), Number.NaN);
});

test('the unit of a map does not change it', () => {
  const map = Float32Array.from({ length: 200 }, (_, i) => Math.abs(Math.sin(i)));
  assert.ok(Math.abs(topShare(map) - topShare(map.map((value) => 1000 * value))) < 1e-6);
});

test('the distance of maps: the example of the docstring', () => {
  assert.equal(mapDistance([0, 1, 0, 1], [0, 1, 1, 2]), 0.25);
});

test('the unit does not count, maps without a pixel in common are 1 apart, and one of zeros is not compared', () => {
  assert.ok(mapDistance([1, 2, 3, 5], [10, 20, 30, 50]) < 1e-12);
  assert.equal(mapDistance([0, 1], [1, 0]), 1);
  assert.equal(mapDistance([0, 0], [1, 2]), Number.NaN);
});

test('the most salient pixels: the example of the docstring', () => {
  const map = Float32Array.of(4, 3, 3, 0);
  const cut = mostSalient(map, 2);
  assert.deepEqual(cut, { value: 3, above: 1, tied: 2 });
  assert.deepEqual(
    Array.from(map, (value) => salience(value, cut, 2)),
    [1, 0.5, 0.5, 0],
  );
});

test('the cut is where a sort would end, whatever the values', () => {
  const value = fc.oneof(
    fc.float({ min: 0, noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(0, 1, 2),
  );
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 20 }),
      fc.nat(),
      fc.constantFrom(1, 5000),
      (values, pick, copies) => {
        // Maps of few values, and of many, which are not sorted.
        const map = Float32Array.from(
          Array.from({ length: copies }, () => values).flat(),
          Math.abs,
        );
        const count = 1 + (pick % map.length);
        const sorted = map.toSorted().reverse();
        const last = sorted[count - 1]!;
        const above = sorted.filter((each) => each > last).length;
        assert.deepEqual(mostSalient(map, count), {
          value: last,
          above,
          tied: sorted.filter((each) => each === last).length,
        });
      },
    ),
    { numRuns: 60 },
  );
});
