import sharp, { type Sharp } from 'sharp';
import { decodeBitmap, isBitmap, type TransparentImage } from './decode-bitmap.ts';
import { sizeOfPlainJpeg } from './jpeg-segments.ts';
import type { Size } from './resample.ts';
import { resizeImage, scaledSize } from './resize-image.ts';
import type { Resize } from './resize-settings.ts';

// Images are many and small: one thread each and several at once beats one image on every core, and
// the cores are the training step's. Nothing is decoded twice, so libvips' cache of operations only
// holds memory.
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
 * Decodes the first frame of a JPEG, PNG, WebP, GIF, AVIF, TIFF or BMP as a viewer shows it: with
 * EXIF rotation, transparency on white, and as 8-bit sRGB. Throws an `Error`, mostly with libvips'
 * message, when the bytes are no image, damaged, or end early.
 */
export async function decodeImage(bytes: Uint8Array, resize?: Resize): Promise<DecodedImage> {
  const upright = await imageAsShown(bytes);
  if (resize === undefined) return pixelsOf(upright.image);
  // libvips' own enlargement is half a pixel of the new image off, and its reduction places kernels
  // in steps of a pixel's sixty-fourth.
  if (resize.before !== undefined || isEnlarged(upright, resize))
    return resizeImage(await pixelsOf(upright.image), resize);
  const { width, height, fit, kernel } = resize;
  return pixelsOf(
    upright.image.resize({ width, height, fit, kernel, position: 'centre', background: '#000' }),
  );
}

function isEnlarged(image: Size, resize: Resize): boolean {
  const scaled = scaledSize(image, resize);
  return scaled.width > image.width || scaled.height > image.height;
}

/**
 * Decodes a whole image: its size in pixels as a viewer shows it, and a copy no larger than `side`
 * in either direction; of a file of 16 bits also the `usedBits`.
 */
export async function examineImage(bytes: Uint8Array, side: number) {
  const { image, width, height, depth } = await imageAsShown(bytes);
  const preview = await pixelsOf(
    image.resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true }),
  );
  return { width, height, preview, ...(depth === 16 && { usedBits: await countUsedBits(bytes) }) };
}

/**
 * The bits that the values of a file of 16 bits use, 0 to 16; undefined for a file of 8 bits. Of 12
 * bits that were not stretched to 16, as cameras and scanners write them, a viewer sees the upper 4
 * alone: the image is nearly black.
 */
export async function usedBits(bytes: Uint8Array): Promise<number | undefined> {
  const { depth } = await imageAsShown(bytes);
  return depth === 16 ? countUsedBits(bytes) : undefined;
}

async function countUsedBits(bytes: Uint8Array): Promise<number> {
  const whole = sharp(bytes).removeAlpha().toColourspace('rgb16').raw({ depth: 'ushort' });
  const { buffer, byteOffset, length } = await whole.toBuffer();
  const values = new Uint16Array(buffer, byteOffset, length / Uint16Array.BYTES_PER_ELEMENT);
  let largest = 0;
  for (const value of values) if (value > largest) largest = value;
  return largest.toString(2).length;
}

async function pixelsOf(image: Sharp): Promise<DecodedImage> {
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new Error(`Internal error: decoded to ${info.channels} channels`);
  return { width: info.width, height: info.height, pixels: data };
}

/** A decoded image, for encoding it again. */
export const sharpOf = ({ width, height, pixels }: DecodedImage): Sharp =>
  sharp(pixels, { raw: { width, height, channels: 3 } });

/** An encoded image as a viewer shows it, and its size in pixels. */
export interface ShownImage extends Size {
  /** For resizing and encoding. */
  readonly image: Sharp;
  /** Bits of each value in the file; `image` has 8. */
  readonly depth: 8 | 16;
}

/** Opens an encoded image: its head is read at once, the rest when its pixels are asked for. */
export async function imageAsShown(bytes: Uint8Array): Promise<ShownImage> {
  if (isBitmap(bytes)) {
    const image = onWhite(decodeBitmap(bytes));
    return { width: image.width, height: image.height, depth: 8, image: sharpOf(image) };
  }
  // Warnings are for odd but visible things, such as bytes after the end; a truncated image is an
  // error.
  const image = sharp(bytes, { failOn: 'error' }).autoOrient().toColourspace('srgb');
  // Opening the file in libvips for its head would take a fifth of the time of decoding it.
  const plain = sizeOfPlainJpeg(bytes);
  if (plain !== undefined) return { ...plain, depth: 8, image };
  const { autoOrient, depth, hasAlpha } = await image.metadata();
  if (depth !== 'uchar' && depth !== 'ushort') {
    throw new Error(
      `values of the type ${depth} have no defined white; save the image with 8 or 16 bits`,
    );
  }
  return {
    width: autoOrient.width,
    height: autoOrient.height,
    depth: depth === 'uchar' ? 8 : 16,
    image: hasAlpha ? sharpOf(onWhite(await transparentPixels(image))) : image,
  };
}

async function transparentPixels(image: Sharp): Promise<TransparentImage> {
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  if (info.channels !== 4) throw new Error(`Internal error: decoded to ${info.channels} channels`);
  return { width: info.width, height: info.height, pixels: data };
}

/** libvips' own `flatten` cuts values instead of rounding them. */
function onWhite({ width, height, pixels }: TransparentImage): DecodedImage {
  const opaque = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; from < pixels.length; from += 4, to += 3) {
    const alpha = pixels[from + 3]!;
    const white = 255 * (255 - alpha);
    for (let channel = 0; channel < 3; channel++) {
      opaque[to + channel] = Math.round((pixels[from + channel]! * alpha + white) / 255);
    }
  }
  return { width, height, pixels: opaque };
}
