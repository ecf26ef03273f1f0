import sharp from 'sharp';
import type { JpegSettings } from './augment-settings.ts';
import type { PixelChange } from './pixel-change.ts';

/** Compresses the image as JPEG, of a quality drawn from the range with both its ends, colours at half the size, and decodes it. */
export const jpeg: PixelChange<JpegSettings> = async (image, { quality: [low, high] }, random) => {
  const { width, height } = image;
  const quality = low + random.integer(high - low + 1);
  const encoded = await sharp(image.pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality, chromaSubsampling: '4:2:0' })
    .toBuffer();
  return { width, height, pixels: await sharp(encoded).raw().toBuffer() };
};
