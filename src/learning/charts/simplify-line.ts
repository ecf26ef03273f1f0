export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * Drops points within `tolerance` of the line through the others, both ends kept (Douglas and
 * Peucker 1973, with a stack).
 */
export function simplifyLine<P extends Point>(
  points: readonly P[],
  tolerance: number,
): readonly P[] {
  if (points.length <= 2) return points;
  const keep = new Uint8Array(points.length);
  keep[0] = keep[points.length - 1] = 1;
  const stack: [number, number][] = [[0, points.length - 1]];
  for (let span = stack.pop(); span !== undefined; span = stack.pop()) {
    const [first, last] = span;
    const { index, distance } = farthest(points, first, last);
    if (distance <= tolerance) continue;
    keep[index] = 1;
    stack.push([first, index], [index, last]);
  }
  return points.filter((_, index) => keep[index] === 1);
}

/** Beyond all rounding of a square of a distance. */
const clearlyNearer = 1 - 1e-9;

/** The point between two others that lies farthest from the segment they span. */
function farthest(
  points: readonly Point[],
  first: number,
  last: number,
): { index: number; distance: number } {
  const { x, y } = points[first]!;
  const dx = points[last]!.x - x;
  const dy = points[last]!.y - y;
  const square = dx * dx + dy * dy;
  let index = first;
  let distance = 0;
  for (let i = first + 1; i < last; i++) {
    const point = points[i]!;
    const along = square === 0 ? 0 : ((point.x - x) * dx + (point.y - y) * dy) / square;
    const t = Math.min(1, Math.max(0, along));
    const right = point.x - x - t * dx;
    const up = point.y - y - t * dy;
    // Most points are clearly nearer, and the exact distance takes four times as long as all else.
    if (right * right + up * up < clearlyNearer * distance * distance) continue;
    const away = Math.hypot(right, up);
    if (away > distance) [index, distance] = [i, away];
  }
  return { index, distance };
}
