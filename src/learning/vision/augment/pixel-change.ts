import sharp from 'sharp';
import type { Random } from '../../../random.ts';
import { type DecodedImage, sharpOf } from '../decode-image.ts';
import { resample } from '../resample.ts';
import type { AugmentSettings } from './augment-settings.ts';

/** A change of one image alone, by the name of its settings. */
export type ChangeName = Exclude<keyof AugmentSettings, 'crop' | 'flip' | 'mixup'>;

/**
 * Changes an image with a strength drawn from the range of its settings; its size stays, and at
 * strength zero its pixels.
 */
export type PixelChange<Name extends ChangeName> = (
  image: DecodedImage,
  settings: NonNullable<AugmentSettings[Name]>,
  random: Random,
) => DecodedImage | Promise<DecodedImage>;

/**
 * Adds to every value a normal draw of its own, of a deviation drawn from the range, in levels of
 * 255.
 */
export const noise: PixelChange<'noise'> = (image, { deviation }, random) => {
  const spread = random.between(...deviation);
  if (spread === 0) return image;
  const noisy = new Uint8ClampedArray(image.pixels.length);
  for (let i = 0; i < noisy.length; i += 2) {
    // Box and Muller, 1958: both of the pair, and 32 bits, since there are many.
    const radius = spread * Math.sqrt(-2 * Math.log((random.uint32() + 1) / 2 ** 32));
    const angle = 2 * Math.PI * (random.uint32() / 2 ** 32);
    noisy[i] = image.pixels[i]! + radius * Math.cos(angle);
    // At an odd length the last index is past the end, which a typed array ignores.
    noisy[i + 1] = image.pixels[i + 1]! + radius * Math.sin(angle);
  }
  return { ...image, pixels: new Uint8Array(noisy.buffer) };
};

/**
 * Reduces the image to a share of its sides drawn from the range, at least a pixel, and enlarges it
 * to its size again.
 */
export const downscale: PixelChange<'downscale'> = (image, { factor }, random) => {
  const share = random.between(...factor);
  const { width, height } = image;
  const small = {
    width: Math.max(1, Math.round(share * width)),
    height: Math.max(1, Math.round(share * height)),
  };
  if (small.width === width && small.height === height) return image;
  const reduced = resample(new Float32Array(image.pixels), { width, height }, small, 3);
  const pixels = new Uint8Array(
    new Uint8ClampedArray(resample(reduced, small, { width, height }, 3)).buffer,
  );
  return { width, height, pixels };
};

/**
 * Blackens a square around a pixel drawn from the whole image (DeVries and Taylor 2017, "Improved
 * regularization of convolutional neural networks with cutout"); its side is a share, drawn from
 * the range, of the image's shorter one.
 */
export const cutout: PixelChange<'cutout'> = (image, { side }, random) => {
  const { width, height } = image;
  const length = Math.round(random.between(...side) * Math.min(width, height));
  const left = random.integer(width) - (length >> 1);
  const top = random.integer(height) - (length >> 1);
  const first = Math.max(0, left);
  const last = Math.min(width, left + length);
  const pixels = image.pixels.slice();
  for (let y = Math.max(0, top); y < Math.min(height, top + length); y++) {
    pixels.fill(0, (y * width + first) * 3, (y * width + last) * 3);
  }
  return { width, height, pixels };
};

/**
 * Compresses the image as JPEG, of a quality drawn from the range with both its ends, colours at
 * half the size, and decodes it.
 */
export const jpeg: PixelChange<'jpeg'> = async (image, { quality: [low, high] }, random) => {
  const quality = low + random.integer(high - low + 1);
  const encoded = await sharpOf(image).jpeg({ quality, chromaSubsampling: '4:2:0' }).toBuffer();
  return { ...image, pixels: await sharp(encoded).raw().toBuffer() };
};
