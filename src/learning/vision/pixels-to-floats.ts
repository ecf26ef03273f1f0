/** Per channel (red, green, blue), on values in [0, 1]: `(value - mean) / deviation`. */
export interface Normalization {
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
}

/** Leaves values in [0, 1]. */
export const unitRange: Normalization = { mean: [0, 0, 0], deviation: [1, 1, 1] };

/** The constants of CIFAR-10, which PyTorch users take for small images. */
export const usualNormalization = {
  mean: [0.4914, 0.4822, 0.4465],
  deviation: [0.2023, 0.1994, 0.201],
} satisfies Normalization;

/**
 * For each channel, the float of every byte: `[3, 256]`. A look-up is cheaper than the arithmetic.
 */
export function normalizationTable({ mean, deviation }: Normalization): Float32Array {
  return Float32Array.from({ length: 3 * 256 }, (_, i) => {
    const channel = i >> 8;
    return ((i & 255) / 255 - mean[channel]!) / deviation[channel]!;
  });
}

/** Writes the pixels of an image as normalised floats, both `[height, width, 3]`. */
export function pixelsToFloats(
  pixels: Uint8Array,
  table: Float32Array,
  floats: Float32Array,
): void {
  for (let i = 0; i < pixels.length; i += 3) {
    floats[i] = table[pixels[i]!]!;
    floats[i + 1] = table[256 + pixels[i + 1]!]!;
    floats[i + 2] = table[512 + pixels[i + 2]!]!;
  }
}

/** The bytes that were normalised, both `[height, width, 3]`. */
export function floatsToPixels(
  values: Float32Array,
  { mean, deviation }: Normalization,
): Uint8Array {
  const pixels = new Uint8ClampedArray(values.length); // it rounds
  for (let i = 0; i < values.length; i++)
    pixels[i] = 255 * (values[i]! * deviation[i % 3]! + mean[i % 3]!);
  return new Uint8Array(pixels.buffer);
}
