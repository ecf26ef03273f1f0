import type { DecodedImage } from '../../vision/decode-image.ts';
import { type Similarity, scaleOf } from './similarity.ts';

/**
 * A square of an image, `size` pixels a side; `toImage` leads from its positions to the image's.
 * Each pixel is the mean of interpolated samples, about one for each pixel of the image under it,
 * so that a reduction does not alias. What lies outside the image is black.
 */
export function cut(image: DecodedImage, toImage: Similarity, size: number): DecodedImage {
  const pixels = new Uint8Array(size * size * 3);
  const { a, b, dx, dy } = toImage;
  const taps = Math.max(1, Math.ceil(scaleOf(toImage) - 1e-9));
  const samples = taps * taps;
  const sum = new Float64Array(3);
  let to = 0;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      sum.fill(0);
      for (let i = 0; i < samples; i++) {
        const x = column + ((i % taps) + 0.5) / taps;
        const y = row + (Math.floor(i / taps) + 0.5) / taps;
        addSample(image, a * x - b * y + dx - 0.5, b * x + a * y + dy - 0.5, sum);
      }
      for (const value of sum) pixels[to++] = Math.round(value / samples);
    }
  }
  return { width: size, height: size, pixels };
}

/**
 * Adds the colour at a place, interpolated between the centres of pixels, which lie at integers.
 */
function addSample(
  { width, height, pixels }: DecodedImage,
  x: number,
  y: number,
  sum: Float64Array,
): void {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const right = x - left;
  const below = y - top;
  for (let corner = 0; corner < 4; corner++) {
    const column = left + (corner & 1);
    const row = top + (corner >> 1);
    if (column < 0 || row < 0 || column >= width || row >= height) continue;
    const across = corner & 1 ? right : 1 - right;
    const down = corner >> 1 ? below : 1 - below;
    const weight = across * down;
    if (weight === 0) continue;
    const from = (row * width + column) * 3;
    sum[0]! += weight * pixels[from]!;
    sum[1]! += weight * pixels[from + 1]!;
    sum[2]! += weight * pixels[from + 2]!;
  }
}
