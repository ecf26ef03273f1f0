import sharp from 'sharp';
import { type DecodedImage, imageAsShown } from './decode-image.ts';

/** How a thumbnail is made. */
export interface ThumbnailOptions {
  /** Most pixels in either direction. Default 128. */
  readonly side?: number;
  /** `jpeg`, a tenth of the bytes, for photographs; `png` for what must keep its pixels. Default `jpeg`. */
  readonly format?: 'jpeg' | 'png';
}

/**
 * A small copy of an image as a data URI, for charts that hold their images: as a viewer shows it, whole and in its
 * proportions, never enlarged. `image` is an encoded file, or decoded pixels. The same image gives the same text.
 *
 * Throws an `Error` with libvips' message when the bytes are not an image, are damaged, or end early.
 */
export async function thumbnail(
  image: Uint8Array | DecodedImage,
  { side = 128, format = 'jpeg' }: ThumbnailOptions = {},
): Promise<string> {
  const small = (image instanceof Uint8Array ? imageAsShown(image) : ofPixels(image)).resize({
    ...{ width: side, height: side, fit: 'inside', withoutEnlargement: true },
  });
  const encoded = format === 'png' ? small.png({ compressionLevel: 9 }) : small.jpeg({ quality: 82, mozjpeg: true });
  return `data:image/${format};base64,${(await encoded.toBuffer()).toString('base64')}`;
}

function ofPixels({ width, height, pixels }: DecodedImage) {
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}
