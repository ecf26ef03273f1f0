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

/** Of CIFAR-10, which PyTorch users take for small images. */
export const usualNormalization = {
  mean: [0.4914, 0.4822, 0.4465],
  deviation: [0.2023, 0.1994, 0.201],
} satisfies Normalization;

/** How an image is moved before it is shown to a network in training. */
export interface Placement {
  /** Pixels by which the image is shifted to the left and up; zeros come in from outside. */
  readonly left: number;
  readonly top: number;
  /** Mirrored left to right, after the shift. */
  readonly flip: boolean;
}

export const unmoved: Placement = { left: 0, top: 0, flip: false };

/** Draws where one image goes: torchvision's `RandomCrop(size, padding)` and `RandomHorizontalFlip()`. */
export function drawPlacement({ crop, flip }: Pick<AugmentSettings, 'crop' | 'flip'>, random: Random): Placement {
  const shift = () => (crop === 0 ? 0 : random.integer(2 * crop + 1) - crop);
  return { left: shift(), top: shift(), flip: flip && random.float() < 0.5 };
}

/** For each channel, the float of every byte: `[3, 256]`. A look-up is cheaper than the arithmetic. */
export function normalizationTable({ mean, deviation }: Normalization): Float32Array {
  return Float32Array.from({ length: 3 * 256 }, (_, i) => {
    const channel = i >> 8;
    return ((i & 255) / 255 - mean[channel]!) / deviation[channel]!;
  });
}

/**
 * Writes one image as normalised floats, both `[height, width, 3]`.
 *
 * What comes in from outside is black before normalisation, as where torchvision pads the PIL image.
 */
export function pixelsToFloats(
  pixels: Uint8Array,
  { width, height }: { readonly width: number; readonly height: number },
  { left, top, flip }: Placement,
  table: Float32Array,
  floats: Float32Array,
): void {
  const step = flip ? -3 : 3;
  // Columns of the output that show the image, before the flip.
  const first = Math.max(0, -left);
  const last = Math.min(width, width - left);
  for (let y = 0; y < height; y++) {
    const row = y * width * 3;
    const sourceRow = y + top;
    const visible = sourceRow >= 0 && sourceRow < height;
    if (!visible || first > 0 || last < width) fillBlack(floats, row, row + width * 3, table);
    if (!visible) continue;
    let from = (sourceRow * width + first + left) * 3;
    let to = row + (flip ? width - 1 - first : first) * 3;
    for (let x = first; x < last; x++) {
      floats[to] = table[pixels[from]!]!;
      floats[to + 1] = table[256 + pixels[from + 1]!]!;
      floats[to + 2] = table[512 + pixels[from + 2]!]!;
      from += 3;
      to += step;
    }
  }
}

/** A new image of the same size, moved in the same way, for what goes on with its pixels. */
export function movePixels({ width, height, pixels }: DecodedImage, { left, top, flip }: Placement): DecodedImage {
  const moved = new Uint8Array(pixels.length);
  const first = Math.max(0, -left);
  const last = Math.min(width, width - left);
  for (let y = Math.max(0, -top); y < Math.min(height, height - top) && first < last; y++) {
    const from = ((y + top) * width + left) * 3;
    const row = y * width * 3;
    if (!flip) moved.set(pixels.subarray(from + first * 3, from + last * 3), row + first * 3);
    else {
      for (let x = first; x < last; x++) {
        const to = row + (width - 1 - x) * 3;
        for (let channel = 0; channel < 3; channel++) moved[to + channel] = pixels[from + x * 3 + channel]!;
      }
    }
  }
  return { width, height, pixels: moved };
}

function fillBlack(floats: Float32Array, start: number, end: number, table: Float32Array): void {
  for (let i = start; i < end; i += 3) {
    floats[i] = table[0]!;
    floats[i + 1] = table[256]!;
    floats[i + 2] = table[512]!;
  }
}

/** The bytes that were normalised, both `[height, width, 3]`. */
export function floatsToPixels(values: Float32Array, { mean, deviation }: Normalization): Uint8Array {
  const pixels = new Uint8ClampedArray(values.length); // it rounds
  for (let i = 0; i < values.length; i++) pixels[i] = 255 * (values[i]! * deviation[i % 3]! + mean[i % 3]!);
  return new Uint8Array(pixels.buffer);
}
