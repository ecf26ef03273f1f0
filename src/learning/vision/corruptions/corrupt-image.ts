import { Random } from '../../../random.ts';
import { blur } from '../augment/blur.ts';
import { downscale, noise } from '../augment/pixel-change.ts';
import { decodeImage, sharpOf } from '../decode-image.ts';
import type { Corruption } from './corruption-settings.ts';

/**
 * Corrupts an encoded image at its full size: blur, noise, scale, and last the compression. The
 * result is an encoded image again, a JPEG if that is asked for, otherwise a PNG. Noise is drawn
 * from the seed and `key`, the image's own, so it does not depend on the order of images.
 */
export async function corruptImage(
  bytes: Uint8Array,
  corruption: Corruption,
  key: string,
): Promise<Buffer> {
  const random = new Random('corrupt', corruption.seed, key);
  const { blur: sigma = 0, noise: deviation = 0, scale = 1 } = corruption;
  let image = await decodeImage(bytes);
  // Augmentations whose range is a single value; each one that is applied takes draws from the
  // stream.
  if (sigma > 0) image = await blur(image, { probability: 1, sigma: [sigma, sigma] }, random);
  if (deviation > 0)
    image = await noise(image, { probability: 1, deviation: [deviation, deviation] }, random);
  if (scale < 1) image = await downscale(image, { probability: 1, factor: [scale, scale] }, random);
  if (corruption.jpeg === undefined) return sharpOf(image).png({ compressionLevel: 1 }).toBuffer();
  return sharpOf(image).jpeg({ quality: corruption.jpeg, chromaSubsampling: '4:2:0' }).toBuffer();
}
