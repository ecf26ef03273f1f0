import type { NoiseSettings } from './augment-settings.ts';
import { drawFrom, type PixelChange } from './pixel-change.ts';

/** Adds to every value a normal draw of its own, of a deviation drawn from the range, in levels of 255. */
export const noise: PixelChange<NoiseSettings> = (image, { deviation }, random) => {
  const spread = drawFrom(deviation, random);
  if (spread === 0) return image;
  const noisy = new Uint8ClampedArray(image.pixels.length);
  for (let i = 0; i < noisy.length; i += 2) {
    // Box and Muller, 1958: both of the pair, and 32 bits, since there are many.
    const radius = spread * Math.sqrt(-2 * Math.log((random.uint32() + 1) / 2 ** 32));
    const angle = 2 * Math.PI * (random.uint32() / 2 ** 32);
    noisy[i] = image.pixels[i]! + radius * Math.cos(angle);
    // Past the end of an odd length there is nothing to write, and an array ignores it.
    noisy[i + 1] = image.pixels[i + 1]! + radius * Math.sin(angle);
  }
  return { ...image, pixels: new Uint8Array(noisy.buffer) };
};
