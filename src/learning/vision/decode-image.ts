import sharp, { type Sharp } from 'sharp';
import type { Resize } from './resize-settings.ts';

// Images are many and small: one thread each and several at once beats one image on every core, and the cores are the
// training step's. Nothing is decoded twice, so libvips' cache of operations only holds memory.
sharp.concurrency(1);
sharp.cache(false);

/** An image in memory, as a viewer shows it. */
export interface DecodedImage {
  readonly width: number;
  readonly height: number;
  /** RGB, sRGB, `[height, width, 3]`, 0 to 255. */
  readonly pixels: Uint8Array;
}

/**
 * Decodes the first frame of a JPEG, PNG, WebP, GIF, AVIF or TIFF as a viewer shows it: with EXIF rotation, transparency on white, and as 8-bit
 * sRGB. Throws an `Error` with libvips' message when the bytes are no image, damaged, or end early.
 */
export async function decodeImage(bytes: Uint8Array, resize?: Resize): Promise<DecodedImage> {
  const image = imageAsShown(bytes);
  if (resize !== undefined) {
    const { width, height, fit, kernel } = resize;
    image.resize({ width, height, fit, kernel, position: 'centre', background: '#000' });
  }
  return pixelsOf(image);
}

/** Decodes a whole image: its size in pixels as a viewer shows it, and a copy no larger than `side` in either direction. */
export async function examineImage(bytes: Uint8Array, side: number) {
  const image = imageAsShown(bytes).resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true });
  const preview = await pixelsOf(image);
  // Whatever is smaller than the limit was not reduced, and a second look at the head takes a sixth of the decoding's time.
  const isWhole = preview.width < side && preview.height < side;
  const { width, height } = isWhole ? preview : (await sharp(bytes).metadata()).autoOrient;
  return { width, height, preview };
}

async function pixelsOf(image: Sharp): Promise<DecodedImage> {
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new Error(`Internal error: decoded to ${info.channels} channels`);
  return { width: info.width, height: info.height, pixels: data };
}

/** A decoded image, for encoding it again. */
export const sharpOf = ({ width, height, pixels }: DecodedImage): Sharp =>
  sharp(pixels, { raw: { width, height, channels: 3 } });

/** An encoded image as a viewer shows it, for resizing and encoding. */
export function imageAsShown(bytes: Uint8Array): Sharp {
  // Warnings are for odd but visible things, such as bytes after the end; a truncated image is an error.
  return sharp(bytes, { failOn: 'error' }).autoOrient().flatten({ background: '#fff' }).toColourspace('srgb');
}
