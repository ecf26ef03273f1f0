import { centreOf, type Point } from '../geometry.ts';

/**
 * A movement, rotation and scaling, without reflection: x' = a x - b y + dx, y' = b x + a y + dy.
 * A crop's similarity leads from its positions to those of the image, both in pixels.
 */
export interface Similarity {
  readonly a: number;
  readonly b: number;
  readonly dx: number;
  readonly dy: number;
}

export const transform = ({ a, b, dx, dy }: Similarity, { x, y }: Point): Point => ({
  x: a * x - b * y + dx,
  y: b * x + a * y + dy,
});

/** Leads back: from positions in the image to those in the crop. */
export function inverseOf({ a, b, dx, dy }: Similarity): Similarity {
  const square = a * a + b * b;
  return {
    a: a / square,
    b: -b / square,
    dx: -(a * dx + b * dy) / square,
    dy: (b * dx - a * dy) / square,
  };
}

/** How many pixels of the image a pixel of the crop is wide. */
export const scaleOf = ({ a, b }: Similarity): number => Math.hypot(a, b);

/**
 * The similarity that leads points to others with the least squared distance (Umeyama 1991,
 * "Least-squares estimation of transformation parameters between two point patterns", without
 * reflections). Example: 0, 0 and 1, 0 to 2, 2 and 2, 4 is a turn by 90 degrees and a factor of 2.
 */
export function fitSimilarity(from: readonly Point[], to: readonly Point[]): Similarity {
  const start = centreOf(from);
  const end = centreOf(to);
  let along = 0;
  let across = 0;
  let spread = 0;
  for (const [index, point] of from.entries()) {
    const x = point.x - start.x;
    const y = point.y - start.y;
    const targetX = to[index]!.x - end.x;
    const targetY = to[index]!.y - end.y;
    along += x * targetX + y * targetY;
    across += x * targetY - y * targetX;
    spread += x * x + y * y;
  }
  const a = along / spread;
  const b = across / spread;
  return { a, b, dx: end.x - a * start.x + b * start.y, dy: end.y - b * start.x - a * start.y };
}
