import type { Size } from '../../src/learning/vision/resample.ts';

/** Values of pixels, `[height, width, channels]`. */
export interface Values extends Size {
  readonly values: Float32Array | Uint8Array;
}

/**
 * Adds to `to`, from `at` on, `weight` times the values at a position, in pixels from the upper
 * left corner, interpolated between the centres of pixels. Outside is the nearest edge.
 */
export function addSample(
  { width, height, values }: Values,
  channels: number,
  { x, y }: { readonly x: number; readonly y: number },
  to: { readonly values: Float32Array; readonly at: number; readonly weight: number },
): void {
  const column = Math.max(0, Math.min(width - 1, x - 0.5));
  const row = Math.max(0, Math.min(height - 1, y - 0.5));
  const left = Math.min(width - 2, Math.floor(column));
  const top = Math.min(height - 2, Math.floor(row));
  const across = column - left;
  const down = row - top;
  const upper = (top * width + left) * channels;
  const lower = upper + width * channels;
  for (let c = 0; c < channels; c++) {
    const above = values[upper + c]! * (1 - across) + values[upper + channels + c]! * across;
    const below = values[lower + c]! * (1 - across) + values[lower + channels + c]! * across;
    to.values[to.at + c]! += to.weight * (above * (1 - down) + below * down);
  }
}

/** Leads from the centre of a pixel of a new image to a position in another one. */
export type Mapping = (x: number, y: number) => { readonly x: number; readonly y: number };

/**
 * New values of a size, each from where `mapping` leads. With `taps` of more than 1 each is the
 * mean of as many samples in both directions, so that a reduction does not alias.
 */
export function warp(
  from: Values,
  channels: number,
  { width, height }: Size,
  mapping: Mapping,
  taps = 1,
): Float32Array {
  const values = new Float32Array(width * height * channels);
  const weight = 1 / (taps * taps);
  for (let row = 0, at = 0; row < height; row++)
    for (let column = 0; column < width; column++, at += channels)
      for (let tap = 0; tap < taps * taps; tap++) {
        const x = column + ((tap % taps) + 0.5) / taps;
        const y = row + (Math.floor(tap / taps) + 0.5) / taps;
        addSample(from, channels, mapping(x, y), { values, at, weight });
      }
  return values;
}
