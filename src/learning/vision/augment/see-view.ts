import type { DecodedImage } from '../decode-image.ts';
import { resample } from '../resample.ts';
import { movePixels } from './placement.ts';
import type { View } from './view-settings.ts';

/** A view of a decoded image, of the same size. */
export function seeView(image: DecodedImage, { scale, left, top, flip }: View): DecodedImage {
  const { width, height, pixels } = image;
  if (scale === 1) return movePixels(image, { left, top, flip });
  const size = { width: scaledSide(width, scale), height: scaledSide(height, scale) };
  const { buffer, byteOffset, length } = pixels;
  const resampled = resample(
    new Uint8ClampedArray(buffer, byteOffset, length),
    image,
    size,
    3,
    'linear',
  );
  const middle = {
    left: left + Math.floor((size.width - width) / 2),
    top: top + Math.floor((size.height - height) / 2),
    flip,
  };
  const scaled = { ...size, pixels: new Uint8Array(resampled.buffer) };
  return movePixels(scaled, middle, image);
}

const scaledSide = (side: number, scale: number): number => Math.max(1, Math.round(side * scale));
