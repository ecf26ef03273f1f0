/** Rings of equal width from 0 to half a cycle a pixel, the most that pixels can show. */
export const ringCount = 64;

/** The middle of each ring in cycles a pixel. */
export const ringFrequencies: readonly number[] = Array.from(
  { length: ringCount },
  (_, ring) => (ring + 0.5) / (2 * ringCount),
);

/** What is looked at of a larger picture: its middle. */
const largestSide = 256;
/** Of the transform at least, so that every ring has values. */
const smallestTransform = 128;

/**
 * The power spectrum of a picture, averaged over all directions: log10 of the mean power in each ring, `[64]`. What
 * generators leave of their upsampling stands at high frequencies (Durall, Keuper and Keuper 2020, "Watch your up-convolution:
 * CNN based generative deep neural networks are failing to reproduce spectral distributions", equation 3).
 *
 * The mean is taken off and a Hann window laid over, since edges of a picture would else leak into all frequencies (Harris
 * 1978); the transform is a power of two, with zeros around. Power is a density, in the picture's unit squared: white noise of
 * deviation s has s² in every ring, whatever the size. Pictures of different sizes are comparable by cycles a pixel.
 *
 * @param grey `[height, width]` in row order; where a side is longer than 256 pixels, its middle counts.
 */
export function radialSpectrum(grey: ArrayLike<number>, width: number, height: number): Float64Array {
  const [columns, rows] = [Math.min(width, largestSide), Math.min(height, largestSide)];
  const [left, top] = [(width - columns) >> 1, (height - rows) >> 1];
  const size = Math.max(smallestTransform, powerOfTwo(Math.max(columns, rows)));
  const [across, down] = [hann(columns), hann(rows)];
  let [mean, weight] = [0, 0];
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      mean += grey[(top + y) * width + left + x]!;
      weight += (across[x]! * down[y]!) ** 2;
    }
  }
  mean /= rows * columns;
  const plan = planOf(size);
  const half = size / 2 + 1;
  // Of the rows' transforms, one column after the other; those beyond the half are their conjugates.
  const real = new Float64Array(half * size);
  const imaginary = new Float64Array(half * size);
  const [rowReal, rowImaginary] = [new Float64Array(size), new Float64Array(size)];
  for (let y = 0; y < rows; y += 2) {
    // Two real rows make one complex one.
    const isPair = y + 1 < rows;
    rowReal.fill(0);
    rowImaginary.fill(0);
    for (let x = 0; x < columns; x++) {
      const at = (top + y) * width + left + x;
      rowReal[x] = (grey[at]! - mean) * across[x]! * down[y]!;
      if (isPair) rowImaginary[x] = (grey[at + width]! - mean) * across[x]! * down[y + 1]!;
    }
    transform(plan, rowReal, rowImaginary);
    for (let u = 0; u < half; u++) {
      const mirrored = (size - u) % size;
      const [a, b, c, d] = [rowReal[u]!, rowImaginary[u]!, rowReal[mirrored]!, rowImaginary[mirrored]!];
      real[u * size + y] = (a + c) / 2;
      imaginary[u * size + y] = (b - d) / 2;
      if (!isPair) continue;
      real[u * size + y + 1] = (b + d) / 2;
      imaginary[u * size + y + 1] = (c - a) / 2;
    }
  }
  const sums = new Float64Array(ringCount);
  for (let u = 0; u < half; u++) {
    const [columnReal, columnImaginary] = [
      real.subarray(u * size, (u + 1) * size),
      imaginary.subarray(u * size, (u + 1) * size),
    ];
    transform(plan, columnReal, columnImaginary);
    const times = u === 0 || u === size / 2 ? 1 : 2;
    for (let v = 0; v < size; v++) {
      const ring = plan.rings[u * size + v]!;
      if (ring < ringCount) sums[ring]! += times * (columnReal[v]! ** 2 + columnImaginary[v]! ** 2);
    }
  }
  // Far below a rounding error of one level, so that a picture of one colour has a spectrum, too.
  return sums.map((sum, ring) => Math.log10(sum / (plan.counts[ring]! * weight) + 1e-6));
}

interface Plan {
  readonly size: number;
  readonly cosines: Float64Array;
  readonly sines: Float64Array;
  readonly reversed: Uint16Array;
  /** The ring of each value of the half plane, `[u, v]`; beyond half a cycle a pixel one that there is not. */
  readonly rings: Uint8Array;
  /** Values in each ring of the whole plane. */
  readonly counts: Float64Array;
}

const plans = new Map<number, Plan>();

function planOf(size: number): Plan {
  const known = plans.get(size);
  if (known !== undefined) return known;
  const bits = Math.log2(size);
  const reversed = new Uint16Array(size);
  for (let i = 1; i < size; i++) reversed[i] = (reversed[i >> 1]! >> 1) | ((i & 1) << (bits - 1));
  const angle = (i: number) => (-2 * Math.PI * i) / size;
  const half = size / 2 + 1;
  const rings = new Uint8Array(half * size);
  const counts = new Float64Array(ringCount);
  for (let u = 0; u < half; u++) {
    for (let v = 0; v < size; v++) {
      const ring = Math.floor((Math.hypot(u, Math.min(v, size - v)) / size) * 2 * ringCount);
      rings[u * size + v] = Math.min(ring, ringCount);
      if (ring < ringCount) counts[ring]! += u === 0 || u === size / 2 ? 1 : 2;
    }
  }
  const plan: Plan = {
    size,
    cosines: Float64Array.from({ length: size / 2 }, (_, i) => Math.cos(angle(i))),
    sines: Float64Array.from({ length: size / 2 }, (_, i) => Math.sin(angle(i))),
    reversed,
    rings,
    counts,
  };
  plans.set(size, plan);
  return plan;
}

/** The discrete Fourier transform in place: Cooley and Tukey 1965, radix 2, decimation in time. */
function transform({ size, cosines, sines, reversed }: Plan, real: Float64Array, imaginary: Float64Array): void {
  for (let i = 0; i < size; i++) {
    const other = reversed[i]!;
    if (other <= i) continue;
    const a = real[i]!;
    const b = imaginary[i]!;
    real[i] = real[other]!;
    imaginary[i] = imaginary[other]!;
    real[other] = a;
    imaginary[other] = b;
  }
  for (let length = 2; length <= size; length *= 2) {
    const [half, step] = [length / 2, size / length];
    for (let start = 0; start < size; start += length) {
      for (let i = 0; i < half; i++) {
        const low = start + i;
        const high = low + half;
        const cosine = cosines[i * step]!;
        const sine = sines[i * step]!;
        const a = real[high]! * cosine - imaginary[high]! * sine;
        const b = real[high]! * sine + imaginary[high]! * cosine;
        real[high] = real[low]! - a;
        imaginary[high] = imaginary[low]! - b;
        real[low]! += a;
        imaginary[low]! += b;
      }
    }
  }
}

const powerOfTwo = (least: number): number => 2 ** Math.ceil(Math.log2(least));

/** Periodic, and never 0, so that a picture of one row has weight. */
const hann = (length: number): Float64Array =>
  Float64Array.from({ length }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / length));
