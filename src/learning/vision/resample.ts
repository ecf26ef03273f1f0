type Size = { readonly width: number; readonly height: number };

/**
 * Values of pixels, `[height, width, channels]`, in another size, not rounded: linear between the centres of pixels, with
 * the edge continued outside; and when reducing, the mean of all under a triangle as wide as two new pixels, as in
 * torchvision's `resize` with antialiasing. libvips' own enlargement is half a pixel off. Example: 0, 4 in twice the width
 * give 0, 1, 3, 4.
 */
export function resample(values: Float32Array, from: Size, to: Size, channels: number): Float32Array {
  const [columns, rows] = [windows(from.width, to.width), windows(from.height, to.height)];
  const wide = new Float32Array(to.width * from.height * channels);
  for (let y = 0; y < from.height; y++) {
    for (const [x, { first, weights }] of columns.entries()) {
      weigh(values, (y * from.width + first) * channels, channels, weights, wide, (y * to.width + x) * channels);
    }
  }
  const resampled = new Float32Array(to.width * to.height * channels);
  for (const [y, { first, weights }] of rows.entries()) {
    const length = to.width * channels;
    weigh(wide, first * length, length, weights, resampled, y * length);
  }
  return resampled;
}

/** The old pixels of which a new one is the weighted mean; the weights sum to 1. */
type Window = { readonly first: number; readonly weights: readonly number[] };

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
