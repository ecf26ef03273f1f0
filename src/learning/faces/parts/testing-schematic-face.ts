import type { Point } from '../geometry.ts';

/** Points of an ellipse from one angle to another, in degrees clockwise from the right. */
function arc(
  centre: Point,
  radius: Point,
  { from, to, count }: { readonly from: number; readonly to: number; readonly count: number },
): readonly Point[] {
  return Array.from({ length: count }, (_, i) => {
    const angle = ((from + ((to - from) * i) / (count - 1)) * Math.PI) / 180;
    return {
      x: centre.x + radius.x * Math.cos(angle),
      y: centre.y + radius.y * Math.sin(angle),
    };
  });
}

const round = (centre: Point, radius: Point, count: number) =>
  arc(centre, radius, { from: 180, to: 540 - 360 / count, count });

/** Where the parts of {@link schematicFace} are. */
export const schematicParts = {
  rightEye: { x: 0.35, y: 0.4 },
  leftEye: { x: 0.65, y: 0.4 },
  nose: { x: 0.5, y: 0.5 },
  mouth: { x: 0.5, y: 0.75 },
  forehead: { x: 0.5, y: 0.22 },
  rightCheek: { x: 0.27, y: 0.6 },
  leftCheek: { x: 0.73, y: 0.6 },
  chin: { x: 0.5, y: 0.9 },
  corner: { x: 0.05, y: 0.05 },
} as const;

/** 68 landmarks of a face that looks straight ahead, in shares of the image's side. */
export const schematicFace: readonly Point[] = [
  ...arc({ x: 0.5, y: 0.4 }, { x: 0.35, y: 0.57 }, { from: 180, to: 0, count: 17 }),
  ...arc({ x: 0.35, y: 0.34 }, { x: 0.08, y: 0.03 }, { from: 180, to: 360, count: 5 }),
  ...arc({ x: 0.65, y: 0.34 }, { x: 0.08, y: 0.03 }, { from: 180, to: 360, count: 5 }),
  ...[0.4, 0.45, 0.5, 0.55].map((y) => ({ x: 0.5, y })),
  ...[0.45, 0.475, 0.5, 0.525, 0.55].map((x) => ({ x, y: 0.6 })),
  ...round(schematicParts.rightEye, { x: 0.06, y: 0.02 }, 6),
  ...round(schematicParts.leftEye, { x: 0.06, y: 0.02 }, 6),
  ...round(schematicParts.mouth, { x: 0.12, y: 0.05 }, 12),
  ...round(schematicParts.mouth, { x: 0.08, y: 0.02 }, 8),
];

/** The landmarks in an image of this side, moved by an offset, in pixels. */
export const facePlaced = (side: number, offset: Point = { x: 0, y: 0 }): readonly Point[] =>
  schematicFace.map(({ x, y }) => ({ x: side * x + offset.x, y: side * y + offset.y }));
