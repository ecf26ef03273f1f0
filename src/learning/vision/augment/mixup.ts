import type { Random } from '../../../random.ts';
import type { DecodedImage } from '../decode-image.ts';
import type { AugmentSettings } from './augment-settings.ts';

/** A partner that is mixed into an image. */
export interface Mix {
  /** The other image's index in the split; by chance the image itself. */
  readonly partner: number;
  /** The share of the other image, and of its label: 0 to 0.5. */
  readonly share: number;
}

/**
 * Draws what is mixed into an image of a split of `images` (Zhang et al. 2018, "mixup: beyond
 * empirical risk minimization"). The partner is any of the split, not of the batch as in the
 * paper's code, so that it does not depend on batches; of the two shares the image itself has the
 * larger, so that its own label remains the likelier one.
 */
export function drawMix(
  settings: NonNullable<AugmentSettings['mixup']>,
  random: Random,
  images: number,
): Mix | undefined {
  const { probability, alpha } = settings;
  if (random.float() >= probability) return undefined;
  const partner = random.integer(images);
  const share = beta(alpha, random);
  return { partner, share: Math.min(share, 1 - share) };
}

/** `(1 - share) image + share partner`, value by value, rounded to 8 bits. Both are of one size. */
export function mixPixels(image: DecodedImage, partner: DecodedImage, share: number): DecodedImage {
  const mixed = new Uint8ClampedArray(image.pixels.length);
  for (let i = 0; i < mixed.length; i++)
    mixed[i] = (1 - share) * image.pixels[i]! + share * partner.pixels[i]!;
  return { ...image, pixels: new Uint8Array(mixed.buffer) };
}

function beta(alpha: number, random: Random): number {
  const logFirst = logGamma(alpha, random);
  const logSecond = logGamma(alpha, random);
  return 1 / (1 + Math.exp(logSecond - logFirst));
}

/**
 * The logarithm of a draw from Gamma(shape, 1), since for a small shape the draw itself is often 0
 * (Marsaglia and Tsang 2000, "A simple method for generating gamma variables", with their section 6
 * for shapes below 1).
 */
function logGamma(shape: number, random: Random): number {
  if (shape < 1) return logGamma(shape + 1, random) + Math.log(1 - random.float()) / shape;
  const d = shape - 1 / 3;
  for (;;) {
    const x = random.normal();
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(1 - random.float()) < x ** 2 / 2 + d - d * v + d * Math.log(v))
      return Math.log(d * v);
  }
}
