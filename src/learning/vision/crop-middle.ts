import type { Size } from './resample.ts';

/** An image of three channels, `[height, width, 3]`. */
interface Pixels extends Size {
  readonly pixels: Uint8Array;
}

/**
 * The middle of an image that is at least as large, as torchvision's `CenterCrop` takes it: where
 * half a pixel is over, the even offset counts.
 */
export function cropMiddle(image: Pixels, { width, height }: Size): Pixels {
  const left = halfToEven((image.width - width) / 2);
  const top = halfToEven((image.height - height) / 2);
  if (left < 0 || top < 0)
    throw new Error(
      `Internal error: no ${width} x ${height} in ${image.width} x ${image.height} pixels`,
    );
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const from = ((y + top) * image.width + left) * 3;
    pixels.set(image.pixels.subarray(from, from + width * 3), y * width * 3);
  }
  return { width, height, pixels };
}

/** For whole numbers and halves. */
const halfToEven = (value: number): number =>
  Number.isInteger(value) ? value : 2 * Math.round(value / 2);
