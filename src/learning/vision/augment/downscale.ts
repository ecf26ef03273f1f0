import { resample } from '../resample.ts';
import type { DownscaleSettings } from './augment-settings.ts';
import { drawFrom, type PixelChange } from './pixel-change.ts';

/** Reduces the image to a share of its sides drawn from the range, at least a pixel, and enlarges it to its size again. */
export const downscale: PixelChange<DownscaleSettings> = (image, { factor }, random) => {
  const share = drawFrom(factor, random);
  const { width, height } = image;
  const small = { width: Math.max(1, Math.round(share * width)), height: Math.max(1, Math.round(share * height)) };
  if (small.width === width && small.height === height) return image;
  const reduced = resample(new Float32Array(image.pixels), { width, height }, small, 3);
  const pixels = new Uint8Array(new Uint8ClampedArray(resample(reduced, small, { width, height }, 3)).buffer);
  return { width, height, pixels };
};
