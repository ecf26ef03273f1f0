import type { PixelChange } from './pixel-change.ts';

/**
 * Blurs by a Gaussian, cut off at three deviations; the image is mirrored at its edge, as in
 * torchvision's `gaussian_blur`.
 */
export const blur: PixelChange<'blur'> = (image, { sigma: [low, high] }, random) => {
  const sigma = random.between(low, high);
  if (sigma === 0) return image;
  const blurred = blurValues(image.pixels, image, sigma);
  return { ...image, pixels: new Uint8Array(new Uint8ClampedArray(blurred).buffer) };
};

/**
 * The same blur of values in any unit, `[height, width, channels]`, not rounded; a deviation of
 * more than 0.
 */
export function blurValues(
  values: Uint8Array | Float32Array,
  { width, height }: { readonly width: number; readonly height: number },
  sigma: number,
  channels = 3,
): Float32Array {
  const weights = pairWeights(sigma);
  const length = width * channels;
  const radius = weights.length - 1;
  const rows = new Float32Array(values.length);
  const columns = mirrored(width, radius);
  const padded = new Float32Array(columns.length * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < columns.length; x++) {
      const from = y * length + columns[x]! * channels;
      for (let channel = 0; channel < channels; channel++)
        padded[x * channels + channel] = values[from + channel]!;
    }
    for (let k = 0; k <= radius; k++) {
      const before = (radius - k) * channels;
      const after = (radius + k) * channels;
      addPair(rows, y * length, length, weights[k]!, padded, before, after);
    }
  }
  const blurred = new Float32Array(values.length);
  const lines = mirrored(height, radius);
  for (let y = 0; y < height; y++) {
    for (let k = 0; k <= radius; k++) {
      const above = lines[y + radius - k]! * length;
      const below = lines[y + radius + k]! * length;
      addPair(blurred, y * length, length, weights[k]!, rows, above, below);
    }
  }
  return blurred;
}

/**
 * The weights of the two pixels at a distance of 0 (twice the middle one), 1, … to the radius; with
 * both sides they sum to 1.
 */
function pairWeights(sigma: number): readonly number[] {
  const heights = Array.from({ length: Math.ceil(3 * sigma) + 1 }, (_, x) =>
    x === 0 ? 0.5 : Math.exp(-0.5 * (x / sigma) ** 2),
  );
  const sum = 2 * heights.reduce((total, height) => total + height, 0);
  return heights.map((height) => height / sum);
}

/** Which pixel of a line stands at -radius … length - 1 + radius: `3 2 1 [0 1 2 3] 2 1 0`. */
function mirrored(length: number, radius: number): Int32Array {
  const period = Math.max(1, 2 * (length - 1));
  return Int32Array.from({ length: length + 2 * radius }, (_, i) => {
    const position = (((i - radius) % period) + period) % period;
    return Math.min(position, period - position);
  });
}

/**
 * Adds to each of `length` sums the weighted pair of values at its position from `one` and from
 * `other` on.
 */
function addPair(
  sums: Float32Array,
  start: number,
  length: number,
  weight: number,
  values: Float32Array,
  firstStart: number,
  secondStart: number,
): void {
  for (let i = 0; i < length; i++)
    sums[start + i]! += weight * (values[firstStart + i]! + values[secondStart + i]!);
}
