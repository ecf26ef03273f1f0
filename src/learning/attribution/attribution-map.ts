import { resample } from '../vision/resample.ts';

/**
 * The weight of each pixel of an image, in the method's own unit. A class activation map has the
 * size of its layer.
 */
export interface AttributionMap {
  readonly height: number;
  readonly width: number;
  /** At least 0: `[height, width]`. */
  readonly values: Float32Array;
}

/**
 * A map in another size, by linear interpolation with half-pixel centres, as images are resized.
 */
export function resizeMap(
  map: AttributionMap,
  { height, width }: Omit<AttributionMap, 'values'>,
): AttributionMap {
  if (map.height === height && map.width === width) return map;
  return { height, width, values: resample(map.values, map, { height, width }, 1) };
}

/**
 * Map values scaled to 0 to 1: 2, 3, 4 give 0, 0.5, 1. A constant map shows no pixel and becomes
 * zeros.
 */
export function scaleMap(map: Float32Array): Float32Array {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of map) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return most > least
    ? map.map((value) => (value - least) / (most - least))
    : new Float32Array(map.length);
}

/**
 * A map with at most `side` pixels a side, each the mean of those in it: 1, 3, 0, 2 in a row,
 * reduced to 2, gives 2, 1.
 */
export function reduceMap({ height, width, values }: AttributionMap, side: number): AttributionMap {
  const rows = Math.min(side, height);
  const columns = Math.min(side, width);
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
  return {
    height: rows,
    width: columns,
    values: Float32Array.from(sums, (sum, i) => sum / counts[i]!),
  };
}

/**
 * One map from values by channel, `[…, 3]`: at each pixel the greatest magnitude (Simonyan, Vedaldi
 * and Zisserman 2014, "Deep inside convolutional networks", section 3.1). Example: one pixel of
 * (0.1, -0.5, 0.3) gives 0.5.
 */
export function channelMaximum(values: Float32Array): Float32Array {
  const map = new Float32Array(values.length / 3);
  // A call for each pixel would take a tenth of the time of the gradient itself.
  for (let pixel = 0, at = 0; pixel < map.length; pixel++) {
    let most = 0;
    for (const end = at + 3; at < end; at++) most = Math.max(most, Math.abs(values[at]!));
    map[pixel] = most;
  }
  return map;
}
