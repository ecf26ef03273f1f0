/** A square picture while it is worked on. */
export interface Raster {
  readonly size: number;
  /** RGB, `[size, size, 3]`, 0 to 255, not clamped. */
  readonly values: Float32Array;
}

/**
 * A new picture of the same size: `write` sets the three channels of each pixel, at `index` of
 * `to`.
 */
export function mapPixels(
  { size, values }: Raster,
  write: (x: number, y: number, index: number, from: Float32Array, to: Float32Array) => void,
): Raster {
  const to = new Float32Array(values.length);
  for (let y = 0, index = 0; y < size; y++) {
    for (let x = 0; x < size; x++, index += 3) write(x, y, index, values, to);
  }
  return { size, values: to };
}

/**
 * Writes the pixel at a position between pixels, by bilinear interpolation; outside is the nearest
 * edge.
 */
export function sampleAt(
  { size, values }: Raster,
  x: number,
  y: number,
  to: Float32Array,
  index: number,
): void {
  const left = Math.max(0, Math.min(size - 1, x));
  const top = Math.max(0, Math.min(size - 1, y));
  const x0 = Math.min(size - 2, Math.floor(left));
  const y0 = Math.min(size - 2, Math.floor(top));
  const across = left - x0;
  const down = top - y0;
  const at = (y0 * size + x0) * 3;
  const below = at + size * 3;
  for (let c = 0; c < 3; c++) {
    const upper = values[at + c]! * (1 - across) + values[at + 3 + c]! * across;
    const lower = values[below + c]! * (1 - across) + values[below + 3 + c]! * across;
    to[index + c] = upper * (1 - down) + lower * down;
  }
}

/** As 8-bit pixels, rounded. */
export function toBytes({ values }: Raster): Uint8Array {
  const bytes = new Uint8ClampedArray(values);
  return new Uint8Array(bytes.buffer);
}
