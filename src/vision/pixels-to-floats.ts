import type { Random } from '../random.ts';

/** Per channel (red, green, blue), on values in [0, 1]: `(value - mean) / deviation`. */
export interface Normalization {
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
}

/** Leaves values in [0, 1]. */
export const unitRange: Normalization = { mean: [0, 0, 0], deviation: [1, 1, 1] };

/** How an image is moved before it is shown to a network in training. */
interface Placement {
  /** Pixels by which the image is shifted to the left and up; zeros come in from outside. */
  readonly left: number;
  readonly top: number;
  /** Mirrored left to right, after the shift. */
  readonly flip: boolean;
}

export const unmoved: Placement = { left: 0, top: 0, flip: false };

/** Random changes of a training image. */
export interface Augmentation {
  /** A random crop after padding each side with this many black pixels; 0: none. */
  readonly cropPadding: number;
  /** Mirrors every second image, by chance. */
  readonly flip: boolean;
}

/** Draws where one image goes: torchvision's `RandomCrop(size, padding)` and `RandomHorizontalFlip()`. */
export function drawPlacement({ cropPadding, flip }: Augmentation, random: Random): Placement {
  const shift = () => (cropPadding === 0 ? 0 : random.integer(2 * cropPadding + 1) - cropPadding);
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

function fillBlack(floats: Float32Array, start: number, end: number, table: Float32Array): void {
  for (let i = start; i < end; i += 3) {
    floats[i] = table[0]!;
    floats[i + 1] = table[256]!;
    floats[i + 2] = table[512]!;
  }
}
