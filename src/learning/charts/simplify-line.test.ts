import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Point, simplifyLine } from './simplify-line.ts';

const line = (...points: readonly (readonly [number, number])[]): Point[] =>
  points.map(([x, y]) => ({ x, y }));

test('points on a straight stretch are left out, corners stay', () => {
  assert.deepEqual(
    simplifyLine(line([0, 0], [0, 1], [0, 2], [1, 2], [3, 2]), 0),
    line([0, 0], [0, 2], [3, 2]),
  );
});

test('a line of two points or of equal points keeps its ends', () => {
  assert.deepEqual(simplifyLine(line([0, 0], [1, 1]), 9), line([0, 0], [1, 1]));
  assert.deepEqual(simplifyLine(line([1, 1], [1, 1], [1, 1]), 0), line([1, 1], [1, 1]));
});

test('no point left out lies farther than the tolerance from the line that remains', () => {
  const point = fc.record({
    x: fc.integer({ min: 0, max: 50 }),
    y: fc.integer({ min: 0, max: 50 }),
  });
  fc.assert(
    fc.property(
      fc.array(point, { minLength: 2, maxLength: 40 }),
      fc.integer({ min: 0, max: 10 }),
      (points, tolerance) => {
        const kept = simplifyLine(points, tolerance);
        assert.deepEqual([kept[0], kept.at(-1)], [points[0], points.at(-1)]);
        for (const { x, y } of points) {
          const distances = kept
            .slice(1)
            .map((end, index) => distanceToSegment({ x, y }, kept[index]!, end));
          assert.ok(Math.min(...distances) <= tolerance + 1e-9);
        }
      },
    ),
  );
});

/** By trying many places of the segment, unlike the code. */
function distanceToSegment(point: Point, start: Point, end: Point): number {
  const shares = Array.from({ length: 2001 }, (_, index) => index / 2000);
  const foot =
    ((point.x - start.x) * (end.x - start.x) + (point.y - start.y) * (end.y - start.y)) /
    ((end.x - start.x) ** 2 + (end.y - start.y) ** 2 || 1);
  return Math.min(
    ...[...shares, Math.min(1, Math.max(0, foot))].map((t) =>
      Math.hypot(
        start.x + t * (end.x - start.x) - point.x,
        start.y + t * (end.y - start.y) - point.y,
      ),
    ),
  );
}
