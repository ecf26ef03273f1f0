import { centreOf, type Point } from '../geometry.ts';
import { partsOf } from '../landmarks.ts';

/**
 * The parts into which a face divides its image, in the order of their numbers. Each pixel belongs
 * to one: `rest` is the chin, the temples and the root of the nose, `outside` is no face.
 */
export const facePartNames = [
  'eyes',
  'nose',
  'mouth',
  'forehead',
  'cheeks',
  'rest',
  'outside',
] as const;
export type FacePart = (typeof facePartNames)[number];

/** How far a part reaches beyond its landmarks, in distances between the eyes. */
const reach = { eyes: 0.2, mouth: 0.1, nose: 0.1 };

/**
 * The part of a face that each pixel belongs to, `[size, size]`, as an index of
 * {@link facePartNames}, by the pixel's centre and the 68 landmarks of 300-W (Sagonas et al. 2013)
 * in pixels:
 *
 * - eyes, nose and mouth: within 0.2, 0.1 and 0.1 distances between the eyes of the convex hull of
 *   their landmarks; an eye before the nose, and the mouth before it.
 * - The face: the convex hull of jaw and brows, and of the brows moved up by the distance from them
 *   to the base of the nose. Landmarks end at the brows; by the classical canon the forehead is as
 *   high as that (a third of the face).
 * - forehead: of the face what lies above the line through the middles of the brows. So it includes
 *   half of them.
 * - cheeks: what is left between the lines through the eyes and, parallel to it, the mouth.
 */
export function paintFaceParts(landmarks: readonly Point[], size: number): Uint8Array {
  const { rightEye, leftEye, mouth } = partsOf(landmarks);
  const between = Math.hypot(leftEye.x - rightEye.x, leftEye.y - rightEye.y);
  const right = { x: (leftEye.x - rightEye.x) / between, y: (leftEye.y - rightEye.y) / between };
  const down = { x: -right.y, y: right.x };
  /** How far a position lies below the line through the eyes. */
  const below = ({ x, y }: Point) => (x - rightEye.x) * down.x + (y - rightEye.y) * down.y;

  const brows = landmarks.slice(17, 27);
  const rightBrow = centreOf(brows.slice(0, 5));
  const leftBrow = centreOf(brows.slice(5));
  const height = below(landmarks[33]!) - below(centreOf([rightBrow, leftBrow]));
  const hairline = brows.map(({ x, y }) => ({ x: x - height * down.x, y: y - height * down.y }));
  const hulls = {
    eyes: [landmarks.slice(36, 42), landmarks.slice(42, 48)].map(convexHull),
    mouth: [convexHull(landmarks.slice(48, 60))],
    nose: [convexHull(landmarks.slice(27, 36))],
  };
  const face = convexHull([...landmarks.slice(0, 17), ...brows, ...hairline]);

  const partAt = (point: Point): FacePart => {
    for (const part of ['eyes', 'mouth', 'nose'] as const)
      if (hulls[part].some((hull) => distanceTo(hull, point) <= reach[part] * between)) return part;
    if (distanceTo(face, point) > 0) return 'outside';
    if (sideOf(rightBrow, leftBrow, point) < 0) return 'forehead';
    const depth = below(point);
    return depth > 0 && depth < below(mouth) ? 'cheeks' : 'rest';
  };
  const numbers = new Map(facePartNames.map((name, number) => [name, number]));
  return Uint8Array.from(
    { length: size * size },
    (_, i) => numbers.get(partAt({ x: (i % size) + 0.5, y: Math.floor(i / size) + 0.5 }))!,
  );
}

/**
 * On which side of the line from one position to another a third one lies: positive below a line
 * from left to right, 0 on it.
 */
const sideOf = (from: Point, to: Point, point: Point): number =>
  (to.x - from.x) * (point.y - from.y) - (to.y - from.y) * (point.x - from.x);

/**
 * The corners of the smallest convex polygon that holds all positions, clockwise in an image
 * (monotone chain; Andrew 1979).
 */
export function convexHull(points: readonly Point[]): readonly Point[] {
  const sorted = points.toSorted((a, b) => a.x - b.x || a.y - b.y);
  const chain = (ordered: readonly Point[]): readonly Point[] => {
    const corners: Point[] = [];
    for (const point of ordered) {
      while (corners.length > 1 && sideOf(corners.at(-2)!, corners.at(-1)!, point) <= 0)
        corners.pop();
      corners.push(point);
    }
    return corners.slice(0, -1);
  };
  return [...chain(sorted), ...chain(sorted.toReversed())];
}

/** The distance of a position to a convex polygon, 0 inside it. */
function distanceTo(hull: readonly Point[], point: Point): number {
  let isInside = true;
  let least = Number.POSITIVE_INFINITY;
  for (const [i, from] of hull.entries()) {
    const to = hull[(i + 1) % hull.length]!;
    if (sideOf(from, to, point) < 0) isInside = false;
    least = Math.min(least, distanceToLine(from, to, point));
  }
  return isInside ? 0 : least;
}

/** The distance of a position to the line between two others. */
function distanceToLine(from: Point, to: Point, { x, y }: Point): number {
  const along = { x: to.x - from.x, y: to.y - from.y };
  const square = along.x ** 2 + along.y ** 2;
  const dot = (x - from.x) * along.x + (y - from.y) * along.y;
  const share = square === 0 ? 0 : Math.min(1, Math.max(0, dot / square));
  return Math.hypot(x - from.x - share * along.x, y - from.y - share * along.y);
}
