import type { DecodedImage } from '../../vision/decode-image.ts';
import { type Box, heightOf, widthOf } from '../geometry.ts';

/** How a square of an image becomes the input of a network of `@vladmandic/face-api`. */
export interface SquareInput {
  /** Pixels a side of the input. */
  readonly side: number;
  /** Where the region lies in its square; what it does not fill is black. */
  readonly position: 'corner' | 'centre';
  /** By channel: an input is (value - mean) / deviation, of values from 0 to 255. */
  readonly mean: readonly [number, number, number];
  readonly deviation: number;
}

/** The mean red, green and blue that the package's networks on single faces subtract. */
export const meanColour = [122.782, 117.001, 104.298] as const;

/** What the input shows along one axis: two old pixels and the share of the second. */
interface Taps {
  /** Indices of pixels of the image; -1 is black. */
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly share: Float64Array;
}

/**
 * A region of an image, `[side, side, 3]`, as the package samples it: the region, whose edges are
 * whole numbers, is padded to a square with black, and each new pixel is interpolated at the corner
 * of its position (tfjs's `resizeBilinear` with neither aligned corners nor half pixel centres).
 */
export function sampleSquare(
  { width, pixels }: DecodedImage,
  region: Box,
  { side, position, mean, deviation }: SquareInput,
): Float32Array {
  const square = Math.max(widthOf(region), heightOf(region));
  const across = tapsOf(region.left, widthOf(region), square, side, position);
  const down = tapsOf(region.top, heightOf(region), square, side, position);
  const sampled = new Float32Array(side * side * 3);
  const valueAt = (row: number, column: number, channel: number): number =>
    row < 0 || column < 0 ? 0 : pixels[(row * width + column) * 3 + channel]!;
  let to = 0;
  for (let y = 0; y < side; y++) {
    const upper = down.first[y]!;
    const lower = down.second[y]!;
    const below = down.share[y]!;
    for (let x = 0; x < side; x++) {
      const left = across.first[x]!;
      const right = across.second[x]!;
      const beside = across.share[x]!;
      for (let channel = 0; channel < 3; channel++) {
        const upperLeft = valueAt(upper, left, channel);
        const lowerLeft = valueAt(lower, left, channel);
        const above = upperLeft + (valueAt(upper, right, channel) - upperLeft) * beside;
        const under = lowerLeft + (valueAt(lower, right, channel) - lowerLeft) * beside;
        sampled[to++] = (above + (under - above) * below - mean[channel]!) / deviation;
      }
    }
  }
  return sampled;
}

function tapsOf(
  start: number,
  length: number,
  square: number,
  side: number,
  position: SquareInput['position'],
): Taps {
  const padding = position === 'centre' ? Math.floor((square - length) / 2) : 0;
  const indexOf = (position: number): number => {
    const inside = position - padding;
    return inside < 0 || inside >= length ? -1 : start + inside;
  };
  const positions = Array.from({ length: side }, (_, i) => (i * square) / side);
  return {
    first: Int32Array.from(positions, (position) => indexOf(Math.floor(position))),
    second: Int32Array.from(positions, (position) =>
      indexOf(Math.min(square - 1, Math.ceil(position))),
    ),
    share: Float64Array.from(positions, (position) => position - Math.floor(position)),
  };
}
