import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { layOutLabels } from './label-layout.ts';

const frame = { x: 0, y: 0, width: 400, height: 300 };
const options = { height: 14, gap: 8, frame, obstacles: [] };

test('a text stands at the right of its point, at the left near the right edge, and above where both are taken', () => {
  const beside = (
    points: readonly { readonly x: number; readonly y: number; readonly width: number }[],
  ) => layOutLabels(points, options);
  assert.deepEqual(beside([{ x: 100, y: 100, width: 50 }]), [{ x: 108, y: 93 }]);
  assert.deepEqual(beside([{ x: 390, y: 100, width: 50 }]), [{ x: 332, y: 93 }]);
  const obstacles = [
    { x: 105, y: 80, width: 20, height: 40 },
    { x: 60, y: 80, width: 35, height: 40 },
  ];
  assert.deepEqual(layOutLabels([{ x: 100, y: 150, width: 10 }], { ...options, obstacles }), [
    { x: 108, y: 143 },
  ]);
});

test('texts of close points are on opposite sides, where no other point is nearer', () => {
  const points = [
    { x: 200, y: 100, width: 50 },
    { x: 204, y: 100, width: 50 },
  ];
  assert.deepEqual(layOutLabels(points, options), [
    { x: 142, y: 93 },
    { x: 212, y: 93 },
  ]);
});

test('a text without room beside its point stands farther away; where it may not, it is left out unless it is kept', () => {
  const points = [{ x: 100, y: 150, width: 10 }];
  const obstacles = [{ x: 85, y: 135, width: 30, height: 30 }];
  const given = { ...options, obstacles };
  assert.deepEqual(layOutLabels(points, given), [{ x: 117.6, y: 143 }]);
  assert.deepEqual(layOutLabels(points, { ...given, mayLeave: false }), [undefined]);
  const kept = points.map((point) => ({ ...point, isKept: true }));
  assert.deepEqual(layOutLabels(kept, { ...given, mayLeave: false }), [{ x: 117.6, y: 143 }]);
});

test('a text that is kept stands where it covers the least, and later ones do not cover it', () => {
  const crowd = Array.from({ length: 400 }, (_, i) => ({
    x: i,
    y: 10,
    width: 30,
    isKept: i === 200,
  }));
  const obstacles = [
    { x: 0, y: 0, width: 400, height: 300 },
    { x: 0, y: 0, width: 400, height: 40 },
  ];
  const positions = layOutLabels(crowd, { ...options, obstacles });
  assert.deepEqual(
    positions.flatMap((position, i) => (position === undefined ? [] : [[i, position]])),
    [[200, { x: 185, y: 51.6 }]],
  );
});

test('texts cover neither each other nor anything else, and stay in the frame', () => {
  const point = fc.record({
    x: fc.integer({ min: 0, max: 400 }),
    y: fc.integer({ min: 0, max: 300 }),
    width: fc.integer({ min: 5, max: 150 }),
  });
  fc.assert(
    fc.property(fc.array(point, { maxLength: 25 }), (points) => {
      const obstacles = points.map(({ x, y }) => ({ x: x - 5, y: y - 5, width: 10, height: 10 }));
      const positions = layOutLabels(points, { ...options, obstacles });
      assert.equal(positions.length, points.length);
      const boxes = positions.flatMap((position, i) =>
        position ? [{ ...position, width: points[i]!.width, height: 14 }] : [],
      );
      for (const [i, box] of boxes.entries()) {
        assert.ok(
          box.x >= 0 && box.y >= 0 && box.x + box.width <= 400 && box.y + box.height <= 300,
        );
        for (const obstacle of [...obstacles, ...boxes.slice(0, i)]) {
          const apart =
            box.x >= obstacle.x + obstacle.width ||
            obstacle.x >= box.x + box.width ||
            box.y >= obstacle.y + obstacle.height ||
            obstacle.y >= box.y + box.height;
          assert.ok(apart);
        }
      }
    }),
  );
});
