import type { Plane } from './planes.ts';

const side = 8;

/** Each plane has a value for each of the 64 frequencies. */
export const blockDctCount = 3 * side * side;

/** `cosines[u][x]` of the orthonormal DCT-II of eight values, as JPEG has it. */
const cosines = Array.from({ length: side }, (_, u) =>
  Float64Array.from(
    { length: side },
    (_, x) =>
      (u === 0 ? Math.SQRT1_2 : 1) * 0.5 * Math.cos(((2 * x + 1) * u * Math.PI) / (2 * side)),
  ),
);

/**
 * log10 of the mean absolute value of each DCT coefficient over all blocks of 8 x 8 pixels from the
 * upper left on, by plane and row of frequencies; values below 0.01 count as 0.01. JPEG quantises
 * these coefficients, and generators leave too little or too much at high frequencies (Frank et al.
 * 2020, "Leveraging frequency analysis for deep fake image recognition").
 *
 * @param planes Luma and two colour differences, at least 8 x 8 pixels.
 */
export function blockDctFeatures(planes: readonly Plane[]): Float64Array {
  const features = new Float64Array(blockDctCount);
  for (const [i, plane] of planes.entries()) features.set(ofPlane(plane), i * side * side);
  return features;
}

function ofPlane({ width, height, values }: Plane): Float64Array {
  const sums = new Float64Array(side * side);
  const rows = new Float64Array(side * side);
  const across = Math.floor(width / side);
  const down = Math.floor(height / side);
  for (let block = 0; block < across * down; block++) {
    const start = Math.floor(block / across) * side * width + (block % across) * side;
    for (let y = 0; y < side; y++)
      for (let u = 0; u < side; u++) {
        let sum = 0;
        for (let x = 0; x < side; x++) sum += cosines[u]![x]! * values[start + y * width + x]!;
        rows[y * side + u] = sum;
      }
    for (let v = 0; v < side; v++)
      for (let u = 0; u < side; u++) {
        let sum = 0;
        for (let y = 0; y < side; y++) sum += cosines[v]![y]! * rows[y * side + u]!;
        sums[v * side + u]! += Math.abs(sum);
      }
  }
  return sums.map((sum) => Math.log10(Math.max(0.01, sum / (across * down))));
}
