import type { Random } from '../../src/random.ts';
import { mapPixels, type Raster } from './raster.ts';

/** Pixels after which the trace repeats: three doublings of the resolution. */
export const tracePeriod = 8;

/**
 * Leaves the trace of a generator that ends in three doublings of its resolution.
 *
 * Where a transposed convolution's kernel overlaps itself unevenly, its outputs have gains by their place in the period,
 * which shows as peaks in the spectrum (Zhang, Karaman and Chang, "Detecting and Simulating Artifacts in GAN Fake
 * Images", WIFS 2019). The gains have mean 1, so brightness says nothing. The finest texture loses about as much as the
 * trace adds, so the file's size says little. Strength and start differ from picture to picture.
 */
export function leaveTrace(scene: Raster, random: Random): Raster {
  const strength = random.between(0.02, 0.2);
  const [startX, startY] = [random.uint32() % tracePeriod, random.uint32() % tracePeriod]; // as a crop leaves it
  const { size } = scene;
  const [row, last] = [size * 3, (size - 1) * 3];
  return mapPixels(scene, (x, y, index, from, to) => {
    const gain = 1 + strength * (gains[(x + startX) % tracePeriod]! + gains[(y + startY) % tracePeriod]!);
    const [left, right] = [x > 0 ? -3 : 0, x * 3 < last ? 3 : 0];
    const [up, down] = [y > 0 ? -row : 0, y < size - 1 ? row : 0];
    for (let c = 0; c < 3; c++) {
      const at = index + c;
      const around = (from[at + left]! + from[at + right]! + from[at + up]! + from[at + down]!) / 4;
      to[at] = (from[at]! + textureLoss * (around - from[at]!)) * gain;
    }
  });
}

/** Share of the difference between a pixel and its neighbours that is lost. */
const textureLoss = 0.25;

/** The gains of the places in a period, in one direction; they sum to 0. */
const gains = [0.8, 0.5, 0, -0.5, -0.8, -0.3, 0, 0.3];
