import { centreOf, type Point } from '../../src/learning/faces/geometry.ts';
import { convexHull } from '../../src/learning/faces/parts/face-parts.ts';
import { blurValues } from '../../src/learning/vision/augment/blur.ts';
import type { Size } from '../../src/learning/vision/resample.ts';
import type { Random } from '../../src/random.ts';
import type { Mapping } from './sample-values.ts';

/**
 * The 68 landmarks with the brows once more, moved up by a share of their distance to the base of
 * the nose: landmarks end at the brows, 1 adds the whole forehead.
 */
export function withForehead(landmarks: readonly Point[], share: number): readonly Point[] {
  const brows = landmarks.slice(17, 27);
  const middle = centreOf(brows);
  const base = landmarks[33]!;
  const up = { x: share * (middle.x - base.x), y: share * (middle.y - base.y) };
  return [...landmarks, ...brows.map(({ x, y }) => ({ x: x + up.x, y: y + up.y }))];
}

/**
 * A mask of the convex hull of positions, `[height, width]`, 1 inside, with an edge of a pixel.
 * `mapping` leads from a pixel to where it lies in the hull's plane, so that a deformed hull may
 * reach beyond the mask; by default it stays.
 */
export function fillHull(
  { width, height }: Size,
  points: readonly Point[],
  mapping: Mapping = (x, y) => ({ x, y }),
): Float32Array {
  const corners = convexHull(points);
  // How far a position lies inside of an edge is a x + b y + c.
  const edges = corners.map((from, i) => {
    const to = corners[(i + 1) % corners.length]!;
    const length = Math.hypot(to.x - from.x, to.y - from.y);
    const a = (from.y - to.y) / length;
    const b = (to.x - from.x) / length;
    return { a, b, c: -a * from.x - b * from.y };
  });
  const mask = new Float32Array(width * height);
  for (let row = 0, at = 0; row < height; row++)
    for (let column = 0; column < width; column++, at++) {
      const { x, y } = mapping(column + 0.5, row + 0.5);
      let inside = Number.POSITIVE_INFINITY;
      for (const { a, b, c } of edges) inside = Math.min(inside, a * x + b * y + c);
      mask[at] = Math.min(1, Math.max(0, inside + 0.5));
    }
  return mask;
}

/**
 * A smooth deformation of a window: positions are moved by random displacements of the nodes of a
 * grid, interpolated by cubic B-splines (the free-form deformation of Rueckert et al. 1999).
 * `spacing` of the grid and `deviation` of the displacements are in pixels.
 */
export function freeForm(
  { width, height }: Size,
  { spacing, deviation }: { readonly spacing: number; readonly deviation: number },
  random: Random,
): Mapping {
  const columns = Math.ceil(width / spacing) + 3;
  const rows = Math.ceil(height / spacing) + 3;
  const nodes = new Float32Array(2 * columns * rows);
  random.normals(nodes);
  // Splines halve the deviation of nodes in both directions together.
  const strength = 2 * deviation;
  return (x, y) => {
    const column = Math.floor(x / spacing);
    const row = Math.floor(y / spacing);
    const across = splineWeights(x / spacing - column);
    const down = splineWeights(y / spacing - row);
    let right = 0;
    let below = 0;
    for (let j = 0; j < 4; j++)
      for (let i = 0; i < 4; i++) {
        const node = 2 * ((row + j) * columns + column + i);
        const weight = across[i]! * down[j]!;
        right += weight * nodes[node]!;
        below += weight * nodes[node + 1]!;
      }
    return { x: x + strength * right, y: y + strength * below };
  };
}

/** The weights of the four nodes around a position between the second and the third, 0 to 1. */
const splineWeights = (t: number): readonly [number, number, number, number] => [
  (1 - t) ** 3 / 6,
  (3 * t ** 3 - 6 * t ** 2 + 4) / 6,
  (-3 * t ** 3 + 3 * t ** 2 + 3 * t + 1) / 6,
  t ** 3 / 6,
];

/** Values from here on count as inside after the first blur: rounding leaves no exact 1. */
const whole = 0.999;

/**
 * A soft edge by two Gaussians of these deviations, in pixels: after the first, only what is still
 * 1 remains, and the second softens that. So the mask shrinks where the first is the wider one, and
 * grows beyond its edge where the second is (Shiohara and Yamasaki, CVPR 2022).
 */
export function soften(
  mask: Float32Array,
  size: Size,
  [first, second]: readonly [number, number],
): Float32Array {
  const core = blurValues(mask, size, first, 1).map((value) => (value >= whole ? 1 : 0));
  return blurValues(core, size, second, 1);
}
