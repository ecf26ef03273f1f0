import type { Normalization } from './pixels-to-floats.ts';

/** The bytes that were normalised, both `[height, width, 3]`. */
export function floatsToPixels(values: Float32Array, { mean, deviation }: Normalization): Uint8Array {
  const pixels = new Uint8ClampedArray(values.length); // it rounds
  for (let i = 0; i < values.length; i++) pixels[i] = 255 * (values[i]! * deviation[i % 3]! + mean[i % 3]!);
  return new Uint8Array(pixels.buffer);
}
