import type { Random } from '../../../random.ts';
import type { DecodedImage } from '../decode-image.ts';
import type { Size } from '../resample.ts';

interface PlacementSettings {
  /** The most pixels by which an image is moved in either direction. */
  readonly crop: number;
  /** Whether every second image is mirrored. */
  readonly flip: boolean;
}

/**
 * The movement of an image in training: its pixel at `left` and `top` comes to the corner, then it
 * is mirrored left to right if `flip`.
 */
interface Placement {
  readonly left: number;
  readonly top: number;
  readonly flip: boolean;
}

/** Draws a placement: torchvision's `RandomCrop(size, padding)` and `RandomHorizontalFlip()`. */
export function drawPlacement({ crop, flip }: PlacementSettings, random: Random): Placement {
  const shift = () => (crop === 0 ? 0 : random.integer(2 * crop + 1) - crop);
  return { left: shift(), top: shift(), flip: flip && random.float() < 0.5 };
}

/**
 * Draws a crop anywhere in an image that is at least as large: torchvision's `RandomCrop(size)`.
 */
export function drawCrop(image: Size, size: Size, flip: boolean, random: Random): Placement {
  const left = random.integer(image.width - size.width + 1);
  const top = random.integer(image.height - size.height + 1);
  return { left, top, flip: flip && random.float() < 0.5 };
}

/**
 * A new image, by default of the same size, moved; black comes in from outside, as torchvision
 * pads.
 */
export function movePixels(
  image: DecodedImage,
  { left, top, flip }: Placement,
  { width, height }: Size = image,
): DecodedImage {
  const { pixels } = image;
  const moved = new Uint8Array(width * height * 3);
  const first = Math.max(0, -left);
  const last = Math.min(width, image.width - left);
  for (let y = Math.max(0, -top); y < Math.min(height, image.height - top) && first < last; y++) {
    const from = ((y + top) * image.width + left) * 3;
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
