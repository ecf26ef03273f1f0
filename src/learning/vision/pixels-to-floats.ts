import type { Random } from '../../random.ts';
import type { AugmentSettings } from './augment/augment-settings.ts';
import type { DecodedImage } from './decode-image.ts';

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
 * The movement of an image in training: shifted to the left and up, in pixels, then mirrored left
 * to right if `flip`.
 */
interface Placement {
  readonly left: number;
  readonly top: number;
  readonly flip: boolean;
}

/** Draws a placement: torchvision's `RandomCrop(size, padding)` and `RandomHorizontalFlip()`. */
export function drawPlacement(
  { crop, flip }: Pick<AugmentSettings, 'crop' | 'flip'>,
  random: Random,
): Placement {
  const shift = () => (crop === 0 ? 0 : random.integer(2 * crop + 1) - crop);
  return { left: shift(), top: shift(), flip: flip && random.float() < 0.5 };
}

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

/** A new image of the same size, moved; black comes in from outside, as torchvision pads. */
export function movePixels(
  { width, height, pixels }: DecodedImage,
  { left, top, flip }: Placement,
): DecodedImage {
  const moved = new Uint8Array(pixels.length);
  const first = Math.max(0, -left);
  const last = Math.min(width, width - left);
  for (let y = Math.max(0, -top); y < Math.min(height, height - top) && first < last; y++) {
    const from = ((y + top) * width + left) * 3;
    const row = y * width * 3;
    if (!flip) moved.set(pixels.subarray(from + first * 3, from + last * 3), row + first * 3);
    else {
      for (let x = first, to = row + (width - 1 - first) * 3; x < last; x++, to -= 3) {
        moved[to] = pixels[from + x * 3]!;
        moved[to + 1] = pixels[from + x * 3 + 1]!;
        moved[to + 2] = pixels[from + x * 3 + 2]!;
      }
    }
  }
  return { width, height, pixels: moved };
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
