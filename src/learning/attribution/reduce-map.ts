import type { AttributionMap } from './attribution-map.ts';

/**
 * A map with fewer pixels, each the mean of those that fall into it: what is left of where a map lies when its grain is gone. It is
 * never enlarged: a side that is no longer than `side` stays.
 *
 * Example: 1, 3, 0, 2 in a row, reduced to 2, gives 2, 1.
 */
export function reduceMap({ height, width, values }: AttributionMap, side: number): AttributionMap {
  const [rows, columns] = [Math.min(side, height), Math.min(side, width)];
  const sums = new Float64Array(rows * columns);
  const counts = new Uint32Array(rows * columns);
  const column = Uint32Array.from({ length: width }, (_, x) => Math.floor((x * columns) / width));
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * rows) / height) * columns;
    for (let x = 0; x < width; x++) {
      sums[row + column[x]!]! += values[y * width + x]!;
      counts[row + column[x]!]!++;
    }
  }
  return { height: rows, width: columns, values: Float32Array.from(sums, (sum, i) => sum / counts[i]!) };
}
