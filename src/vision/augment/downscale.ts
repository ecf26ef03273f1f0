import type { DownscaleSettings } from './augment-settings.ts';
import { drawFrom, type PixelChange } from './pixel-change.ts';

/** Reduces the image to a share of its sides drawn from the range, at least a pixel, and enlarges it to its size again. */
export const downscale: PixelChange<DownscaleSettings> = (image, { factor }, random) => {
  const share = drawFrom(factor, random);
  const { width, height } = image;
  const small = { width: Math.max(1, Math.round(share * width)), height: Math.max(1, Math.round(share * height)) };
  if (small.width === width && small.height === height) return image;
  const reduced = resample(new Float32Array(image.pixels), { width, height }, small);
  const pixels = new Uint8Array(new Uint8ClampedArray(resample(reduced, small, { width, height })).buffer);
  return { width, height, pixels };
};

interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * RGB values in another size, not rounded: linear between pixels, and reducing, the mean of all under a triangle as wide as
 * two new pixels, as torchvision's `resize` with antialiasing has it. libvips' own enlargement is half a pixel off.
 */
function resample(values: Float32Array, from: Size, to: Size): Float32Array {
  const [columns, rows] = [windows(from.width, to.width), windows(from.height, to.height)];
  const wide = new Float32Array(to.width * from.height * 3);
  for (let y = 0; y < from.height; y++) {
    for (const [x, { first, weights }] of columns.entries()) {
      weigh(values, (y * from.width + first) * 3, 3, weights, wide, (y * to.width + x) * 3);
    }
  }
  const resampled = new Float32Array(to.width * to.height * 3);
  for (const [y, { first, weights }] of rows.entries()) {
    const length = to.width * 3;
    weigh(wide, first * length, length, weights, resampled, y * length);
  }
  return resampled;
}

/** The old pixels that a new one is made of, and how much each counts; together 1. */
interface Window {
  readonly first: number;
  readonly weights: readonly number[];
}

function windows(from: number, to: number): readonly Window[] {
  const scale = from / to;
  const reach = Math.max(1, scale);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - reach + 0.5));
    const last = Math.min(from, Math.floor(centre + reach + 0.5));
    const heights = Array.from({ length: last - first }, (_, k) =>
      Math.max(0, 1 - Math.abs(first + k + 0.5 - centre) / reach),
    );
    const sum = heights.reduce((total, height) => total + height, 0);
    return { first, weights: heights.map((height) => height / sum) };
  });
}

/** Writes `length` values from `target` on, each the weighted sum of those that begin at `start`, `length` apart. */
function weigh(
  values: Float32Array,
  start: number,
  length: number,
  weights: readonly number[],
  sums: Float32Array,
  target: number,
): void {
  for (let i = 0; i < length; i++) {
    let sum = 0;
    for (let k = 0; k < weights.length; k++) sum += weights[k]! * values[start + k * length + i]!;
    sums[target + i] = sum;
  }
}
