import { readFileSync } from 'node:fs';
import { Random } from '../../../random.ts';
import type { DecodedImage } from '../decode-image.ts';

type Pictures = Readonly<Record<string, readonly number[]>>;

/**
 * What torchvision and Pillow make of one image, by the strength of the change:
 * test/golden/augmentation.py.
 */
export const golden = JSON.parse(
  readFileSync(new URL('../../../../test/golden/augmentation.json', import.meta.url), 'utf8'),
) as {
  readonly width: number;
  readonly height: number;
  readonly pixels: readonly number[];
} & Readonly<
  Record<'brightness' | 'contrast' | 'saturation' | 'hue' | 'blur' | 'downscale' | 'jpeg', Pictures>
>;

export const goldenImage: DecodedImage = {
  width: golden.width,
  height: golden.height,
  pixels: Uint8Array.from(golden.pixels),
};

/** An image of random values, its ends among them. */
export function noiseImage(seed: number, width: number, height: number): DecodedImage {
  const random = new Random(seed);
  const pixels = Uint8Array.from({ length: width * height * 3 }, () => random.integer(256));
  pixels.set([0, 255], 0);
  return { width, height, pixels };
}

/** The largest and the mean distance of two images' values. */
export function distances(first: ArrayLike<number>, second: ArrayLike<number>) {
  const all = Array.from(first, (value, i) => Math.abs(value - second[i]!));
  return {
    most: Math.max(...all),
    mean: all.reduce((sum, distance) => sum + distance, 0) / all.length,
  };
}
