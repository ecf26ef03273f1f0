import { Random } from '../../../random.ts';
import { blur } from '../augment/blur.ts';
import { downscale, noise } from '../augment/pixel-change.ts';
import { decodeImage, sharpOf } from '../decode-image.ts';
import { throughH264 } from '../ffmpeg/h264.ts';
import type { Corruption } from './corruption-settings.ts';
import { compressShifted, coverBlocks, lowerContrast, pixelate } from './pixel-corruptions.ts';

/**
 * Corrupts an encoded image at its full size: blur, noise, contrast, blocks, pixelation, scale, and
 * last the compressions. The result is an encoded image again, a JPEG or WebP if that is asked for,
 * otherwise a PNG, after H.264 too. Noise and blocks are drawn from the seed and `key`, the image's
 * own, so they do not depend on the order of images.
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
  const { contrast = 1, blocks = 0, pixelate: side = 1 } = corruption;
  if (contrast < 1) image = lowerContrast(image, contrast);
  if (blocks > 0) image = coverBlocks(image, blocks, new Random('blocks', corruption.seed, key));
  if (side > 1) image = pixelate(image, side);
  if (scale < 1) image = await downscale(image, { probability: 1, factor: [scale, scale] }, random);
  const { earlierJpeg, jpeg, webp, h264, ffmpeg } = corruption;
  if (earlierJpeg !== undefined) image = await compressShifted(image, earlierJpeg);
  if (h264 !== undefined && ffmpeg === undefined)
    throw new Error('Internal error: no ffmpeg was found for h264');
  if (h264 !== undefined) image = await throughH264(image, h264, ffmpeg!);
  if (webp !== undefined) return sharpOf(image).webp({ quality: webp }).toBuffer();
  if (jpeg === undefined) return sharpOf(image).png({ compressionLevel: 1 }).toBuffer();
  return sharpOf(image).jpeg({ quality: jpeg, chromaSubsampling: '4:2:0' }).toBuffer();
}
