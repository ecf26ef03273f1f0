import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Box, intersectionOf } from '../../src/learning/faces/geometry.ts';
import { type DecodedImage, decodeImage } from '../../src/learning/vision/decode-image.ts';
import type { SourceImage } from './source.ts';

/** Pictures that are bright where images were forged. */
export interface Masks {
  /** The path of an image's mask; undefined where it has none. */
  pathOf(image: SourceImage): string | undefined;
}

const extensions = ['.png', '.jpg', '.jpeg', '.webp', '.bmp'] as const;

/**
 * Finds masks by the path of the image without its extension, with the extension of any image. A
 * path that leads out of the folder, as a data set may have it, names no mask.
 */
export function openMasks(root: string): Masks {
  const without = (path: string) => path.replace(/\.\w+$/, '');
  const isBelow = (name: string) => !name.split(/[/\\]/).includes('..');
  return {
    pathOf: ({ path, key }) => {
      const names = [...new Set([without(path), key])].filter(isBelow);
      const candidates = names.flatMap((name) => extensions.map((end) => join(root, name + end)));
      return candidates.find((candidate) => existsSync(candidate));
    },
  };
}

/** The pixels of a mask. */
export async function readMask(path: string): Promise<DecodedImage> {
  return await decodeImage(readFileSync(path));
}

/**
 * The sum of a mask within a box of its image, in pixels of the image; a mask may have another
 * size.
 */
export function coverageOf(
  { width, height, pixels }: DecodedImage,
  image: { readonly width: number; readonly height: number },
  box: Box,
): number {
  const across = width / image.width;
  const down = height / image.height;
  const inside = intersectionOf(
    {
      left: box.left * across,
      top: box.top * down,
      right: box.right * across,
      bottom: box.bottom * down,
    },
    { left: 0, top: 0, right: width, bottom: height },
  );
  let sum = 0;
  for (let y = Math.floor(inside.top); y < inside.bottom; y++) {
    for (let x = Math.floor(inside.left); x < inside.right; x++)
      sum += pixels[(y * width + x) * 3]!;
  }
  return sum / (across * down);
}
