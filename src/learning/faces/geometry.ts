/** A position in an image, in pixels from its upper left corner: the first pixel ends at 1, 1. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A rectangle in an image, by the positions of its edges in pixels, as in {@link Point}. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export const widthOf = ({ left, right }: Box): number => right - left;
export const heightOf = ({ top, bottom }: Box): number => bottom - top;

/** The area of a box in square pixels; 0 for one whose edges are in the wrong order. */
export const areaOf = (box: Box): number => Math.max(0, widthOf(box)) * Math.max(0, heightOf(box));

/** The part of a box that lies in another one; its area is 0 where there is none. */
export const intersectionOf = (first: Box, second: Box): Box => ({
  left: Math.max(first.left, second.left),
  top: Math.max(first.top, second.top),
  right: Math.min(first.right, second.right),
  bottom: Math.min(first.bottom, second.bottom),
});

/**
 * The overlap of two boxes, 0 to 1: the area of their intersection over that of their union
 * (Jaccard 1901). Example: halves of a box that share a third of it overlap by 1/3.
 */
export function overlapOf(first: Box, second: Box): number {
  const shared = areaOf(intersectionOf(first, second));
  return shared === 0 ? 0 : shared / (areaOf(first) + areaOf(second) - shared);
}

/** The mean of positions. */
export function centreOf(points: readonly Point[]): Point {
  const sum = points.reduce((total, { x, y }) => ({ x: total.x + x, y: total.y + y }));
  return { x: sum.x / points.length, y: sum.y / points.length };
}
