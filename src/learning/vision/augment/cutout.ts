import type { CutoutSettings } from './augment-settings.ts';
import { drawFrom, type PixelChange } from './pixel-change.ts';

/**
 * Blackens a square around a pixel drawn from the whole image (DeVries and Taylor 2017, "Improved regularization of
 * convolutional neural networks with cutout"); its side is a share, drawn from the range, of the image's shorter one.
 */
export const cutout: PixelChange<CutoutSettings> = (image, { side }, random) => {
  const { width, height } = image;
  const length = Math.round(drawFrom(side, random) * Math.min(width, height));
  const left = random.integer(width) - (length >> 1);
  const top = random.integer(height) - (length >> 1);
  const [first, last] = [Math.max(0, left), Math.min(width, left + length)];
  const pixels = image.pixels.slice();
  for (let y = Math.max(0, top); y < Math.min(height, top + length); y++) {
    pixels.fill(0, (y * width + first) * 3, (y * width + last) * 3);
  }
  return { width, height, pixels };
};
