import type { DecodedImage } from '../../src/learning/vision/decode-image.ts';
import { lumaOf } from '../../src/learning/vision/luma.ts';

/** One channel of an image: `[height, width]` in row order, whole numbers. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly values: Int16Array;
}

/** The names of an image's planes, in the order of {@link planesOf}. */
export const planeNames = ['luma', 'red-green', 'blue-green'] as const;

/**
 * Luma, ITU-R BT.601 rounded to 0 to 255, and two colour differences, red minus green and blue
 * minus green, −255 to 255. What a camera's colour filter leaves differs from what a generator
 * draws.
 */
export function planesOf({ width, height, pixels }: DecodedImage): readonly Plane[] {
  const planes = planeNames.map(() => new Int16Array(width * height));
  const [luma, redGreen, blueGreen] = planes as [Int16Array, Int16Array, Int16Array];
  for (let i = 0; i < luma.length; i++) {
    const red = pixels[3 * i]!;
    const green = pixels[3 * i + 1]!;
    const blue = pixels[3 * i + 2]!;
    luma[i] = Math.round(lumaOf(red, green, blue));
    redGreen[i] = red - green;
    blueGreen[i] = blue - green;
  }
  return planes.map((values) => ({ width, height, values }));
}
