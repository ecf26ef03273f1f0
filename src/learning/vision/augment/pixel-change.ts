import type { Random } from '../../../random.ts';
import type { DecodedImage } from '../decode-image.ts';

/**
 * A random change of an image's pixels: draws its strength from the range of its settings, and gives a new image of the
 * same size. With a range of nothing but zero strength the pixels stay what they are. Whether it is made at all, its
 * probability, is the caller's to draw.
 */
export type PixelChange<Settings> = (
  image: DecodedImage,
  settings: Settings,
  random: Random,
) => DecodedImage | Promise<DecodedImage>;

/** A value of a range, every one equally likely. */
export function drawFrom([low, high]: readonly [number, number], random: Random): number {
  return random.between(low, high);
}
