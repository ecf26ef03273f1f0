import { resizeMap } from './attribution-map.ts';
import { topShare } from './map-measures.ts';

/** The cells of a map, before it is resized to the image. */
export interface MapGrid {
  readonly height: number;
  readonly width: number;
}

/** A layer with fewer cells a side shows hardly more than a quarter of the image. */
export const fewestCells = 5;

/**
 * The greatest {@link topShare} that a class activation map of this grid can have: that of a map in
 * which one cell alone is above 0, resized to the image. Maps of two layers can be compared only
 * below the lower ceiling. 0.1 for one cell, 1 for many.
 *
 * Example: 2 x 2 cells in an image of 48 x 48 have at most 0.388, 21 x 21 cells 1.
 */
export function topShareCeiling({ height, width }: MapGrid, image: MapGrid): number {
  const shares = ends(height).flatMap((row) =>
    ends(width).map((column) => {
      const values = new Float32Array(height * width);
      values[row * width + column] = 1;
      return topShare(resizeMap({ height, width, values }, image).values);
    }),
  );
  return Math.max(...shares);
}

/** A cell at the edge, which is resized to more pixels, and one in the middle. */
const ends = (cells: number): readonly number[] => [...new Set([0, Math.floor(cells / 2)])];
