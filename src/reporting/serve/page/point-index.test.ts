import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatLoop, type Place, PointIndex, parseLoop, thinLoop } from './point-index.ts';

/** Eighths have exact squares, so no rounding decides which of two points is nearer. */
const coordinate = fc.integer({ min: -40, max: 40 }).map((eighths) => eighths / 8);
const place = fc.tuple(coordinate, coordinate);
const always = () => true;
const square: readonly Place[] = [
  [0, 0],
  [2, 0],
  [2, 2],
  [0, 2],
];

test('the point under the pointer is the nearest of all that count', () => {
  fc.assert(
    fc.property(fc.array(place, { minLength: 1, maxLength: 60 }), place, (points, [x, y]) => {
      const index = new PointIndex(Float64Array.from(points.flat()));
      const squared = (i: number) => (points[i]![0] - x) ** 2 + (points[i]![1] - y) ** 2;
      const radius = 2;
      const counting = [...points.keys()].filter((i) => i % 3 !== 0 && squared(i) <= radius ** 2);
      const found = index.nearest([x, y], radius, (i) => i % 3 !== 0);
      if (counting.length === 0) assert.equal(found, undefined);
      else assert.equal(squared(found!), Math.min(...counting.map(squared)));
    }),
  );
});

test('a loop holds what a ray from each point says, whatever the points', () => {
  fc.assert(
    fc.property(fc.array(place, { maxLength: 80 }), (points) => {
      const index = new PointIndex(Float64Array.from(points.flat()));
      const inSquare = points.flatMap(([x, y], i) => (x > 0 && x < 2 && y > 0 && y < 2 ? [i] : []));
      const onEdge = (i: number) => points[i]!.some((value) => value === 0 || value === 2);
      assert.deepEqual(
        index.inside(square).filter((i) => !onEdge(i)),
        inSquare,
      );
    }),
  );
});

test('a loop with a bay leaves the bay out', () => {
  const bay: readonly Place[] = [
    [0, 0],
    [4, 0],
    [4, 4],
    [2, 1],
    [0, 4],
  ];
  const index = new PointIndex(Float64Array.from([0.5, 2, 2, 3, 3.5, 2, 2, 0.5]));
  assert.deepEqual(index.inside(bay), [0, 2, 3]);
  assert.deepEqual(index.inside(bay.slice(0, 2)), []);
});

test('points without a place, all at one place, or on a line, are indexed', () => {
  const gaps = new PointIndex(Float64Array.from([Number.NaN, Number.NaN, 1, 1]));
  assert.deepEqual(gaps.inside(square), [1]);
  assert.equal(gaps.nearest([0, 0], 5, always), 1);
  assert.equal(new PointIndex(new Float64Array(0)).nearest([0, 0], 5, always), undefined);
  const line = new PointIndex(Float64Array.from({ length: 2000 }, (_, i) => (i % 2 ? 0 : i)));
  assert.equal(line.nearest([500, 0.5], 1, always), 250);
});

test('a loop stands in the address, with its layout', () => {
  const text = formatLoop('umap', [
    [1.23456, -2],
    [3, 4],
    [5, 6],
  ]);
  assert.equal(text, 'umap:1.235,-2;3,4;5,6');
  assert.deepEqual(parseLoop(text), {
    layout: 'umap',
    loop: [
      [1.235, -2],
      [3, 4],
      [5, 6],
    ],
  });
  for (const wrong of ['', 'umap', 'umap:1,2', 'umap:1,2;3;4,5', 'umap:a,b;c,d;e,f'])
    assert.equal(parseLoop(wrong), undefined, wrong);
});

test('a hand draws more corners than an address has room for', () => {
  const loop = Array.from({ length: 250 }, (_, i): Place => [i, 0]);
  assert.equal(thinLoop(loop, 60).length, 60);
  assert.deepEqual(thinLoop(loop.slice(0, 7), 60), loop.slice(0, 7));
});
