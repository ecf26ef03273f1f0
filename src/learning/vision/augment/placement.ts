import type { Random } from '../../../random.ts';
import type { DecodedImage } from '../decode-image.ts';
import type { AugmentSettings } from './augment-settings.ts';

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
