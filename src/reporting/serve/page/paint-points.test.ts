import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { colourNumber, paintPoints } from './paint-points.ts';
import { fitView, panBy, toPixel, toPlace, zoomAt } from './plane-view.ts';
import { pointColours } from './point-colours.ts';
import type { Place } from './point-index.ts';

const size = { width: 40, height: 30 };
const coordinate = fc.double({ noNaN: true, min: -50, max: 50 });
const view = fc.record({
  centre: fc.tuple(coordinate, coordinate),
  scale: fc.double({ noNaN: true, min: 0.1, max: 100 }),
});
const isNear = ([x, y]: Place, [u, v]: Place) => Math.hypot(x - u, y - v) < 1e-6;

test('a place and its pixel lead to each other, and zooming keeps the place under the pointer', () => {
  fc.assert(
    fc.property(view, fc.tuple(coordinate, coordinate), (seen, pixel) => {
      const place = toPlace(seen, size, pixel);
      assert.ok(isNear(toPixel(seen, size, place), pixel));
      assert.ok(isNear(toPixel(zoomAt(seen, size, pixel, 1.7), size, place), pixel));
      const [x, y] = toPixel(panBy(seen, [3, -4]), size, place);
      assert.ok(isNear([x - 3, y + 4], pixel));
    }),
  );
});

test('all points are in the view that shows all, the higher further up', () => {
  const fitted = fitView({ left: -3, right: 5, low: 1, high: 2 }, size);
  const [x, y] = toPixel(fitted, size, [5, 2]);
  assert.ok(x > 35 && x < 40 && y < 15 && y > 0);
});

test('points are painted where they are, those that count above the faint ones, and none beyond the edge', () => {
  const pixels = new Uint32Array(size.width * size.height);
  const red = colourNumber('#ff0000');
  const painted = {
    points: Float64Array.from([0, 0, 0, 0, 10, 0, 20, 0, Number.NaN, Number.NaN]),
    colours: new Uint32Array(5).fill(red),
    counts: Uint8Array.from([1, 0, 0, 1, 1]),
    faint: colourNumber('#dddddd'),
    ground: colourNumber('#ffffff'),
    radius: 1.5,
  };
  paintPoints(pixels, size, { centre: [0, 0], scale: 1 }, painted);
  const at = (x: number, y: number) => pixels[y * size.width + x]!.toString(16);
  assert.equal(red, 0x0000ff);
  assert.deepEqual([at(20, 15), at(30, 15), at(0, 0)], ['ff0000ff', 'ffdddddd', 'ffffffff']);
  assert.equal(at(21, 16), 'ff6161f6', 'the edge is mixed with what is below');
  assert.equal(pixels.filter((pixel) => pixel !== 0xffffffff).length, 2 * 13 - 8, 'two discs');
});

test('colours are those of classes in their order, or of the most frequent values; others are grey', () => {
  const column = { name: 'class', values: ['b', 'a', 'b', null] };
  const { entries, others, colours } = pointColours(column, 4, ['a', 'b']);
  assert.deepEqual(
    entries.map(({ name, images }) => [name, images]),
    [
      ['a', 1],
      ['b', 2],
    ],
  );
  assert.equal(others, 1);
  assert.equal(colours[0], colours[2]);
  assert.equal(new Set(colours).size, 3);
  const people = { name: 'group', values: Array.from({ length: 60 }, (_, i) => `p${i % 20}`) };
  const many = pointColours(people, 60, []);
  assert.deepEqual([many.entries.length, many.others], [6, 42]);
  const scores = { name: 'score', values: [0, 0.5, 1, null] };
  assert.deepEqual(pointColours(scores, 4, []).range, [0, 1]);
});
