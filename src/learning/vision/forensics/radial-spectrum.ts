/**
 * Rings of 1/128 cycle a pixel in width. Along a row or column half a cycle is the most that pixels
 * can show, along a diagonal √½.
 */
const ringsToOne = 128;

/**
 * The last ring, 87, reaches to √½, which a checkerboard has: narrower ones would hold too few
 * values there.
 */
export const ringCount = 88;

/** The highest frequency, in cycles a pixel. */
export const highestFrequency = Math.SQRT1_2;

/** The middle of each ring in cycles a pixel. */
export const ringFrequencies: readonly number[] = Array.from({ length: ringCount }, (_, ring) => {
  const end = ring === ringCount - 1 ? highestFrequency : (ring + 1) / ringsToOne;
  return (ring / ringsToOne + end) / 2;
});

/** Pixels a side of the middle of a larger picture, which alone counts. */
const largestSide = 256;
/** The least size of the transform, so that every ring has values. */
const smallestTransform = 128;

/**
 * The power spectrum of a picture, averaged over all directions: log10 of the mean power in each
 * ring, `[88]`. What generators leave of their upsampling stands at high frequencies (Durall,
 * Keuper and Keuper 2020, "Watch your up-convolution: CNN based generative deep neural networks are
 * failing to reproduce spectral distributions", equation 3).
 *
 * The mean is subtracted and a Hann window applied, since edges would otherwise leak into all
 * frequencies (Harris 1978); the picture is padded with zeros to a power of two. Power is a
 * density, in the picture's unit squared: white noise of deviation s has s² in every ring, whatever
 * the size. Pictures of different sizes are comparable by cycles a pixel.
 *
 * @param grey `[height, width]` in row order; where a side is longer than 256 pixels, its middle
 * counts.
 */
export function radialSpectrum(
  grey: ArrayLike<number>,
  width: number,
  height: number,
): Float64Array {
  const columns = Math.min(width, largestSide);
  const rows = Math.min(height, largestSide);
  const left = (width - columns) >> 1;
  const top = (height - rows) >> 1;
  const size = Math.max(smallestTransform, powerOfTwo(Math.max(columns, rows)));
  const across = hann(columns);
  const down = hann(rows);
  const weight = squared(across) * squared(down);
  let sum = 0;
  for (let y = top; y < top + rows; y++) {
    for (let at = y * width + left; at < y * width + left + columns; at++) sum += grey[at]!;
  }
  const mean = sum / (rows * columns);
  const plan = planOf(size);
  const half = size / 2 + 1;
  // Two real rows make one complex one: `[x, pairs]`. Both transforms take their first axis in the
  // order of `reversed`.
  const pairs = size / 2;
  const [evenRows, oddRows] = plan.pairs;
  for (const values of plan.pairs) values.fill(0);
  for (let y = 0; y < rows; y++) {
    const into = y % 2 === 0 ? evenRows : oddRows;
    const start = (top + y) * width + left;
    for (let x = 0; x < columns; x++) {
      into[plan.reversed[x]! * pairs + (y >> 1)] =
        (grey[start + x]! - mean) * across[x]! * down[y]!;
    }
  }
  transform(plan, evenRows, oddRows, pairs);
  // The half plane `[y, u]`; what lies beyond is its conjugate.
  const [real, imaginary] = plan.halfPlane;
  for (let pair = 0; pair < pairs; pair++) {
    const even = plan.reversed[2 * pair]! * half;
    const odd = plan.reversed[2 * pair + 1]! * half;
    for (let u = 0; u < half; u++) {
      const at = u * pairs + pair;
      const mirrored = (u === 0 ? 0 : size - u) * pairs + pair;
      real[even + u] = (evenRows[at]! + evenRows[mirrored]!) / 2;
      imaginary[even + u] = (oddRows[at]! - oddRows[mirrored]!) / 2;
      real[odd + u] = (oddRows[at]! + oddRows[mirrored]!) / 2;
      imaginary[odd + u] = (evenRows[mirrored]! - evenRows[at]!) / 2;
    }
  }
  transform(plan, real, imaginary, half);
  const sums = new Float64Array(ringCount);
  for (let from = 0; from < real.length; from += half) {
    for (let u = 0; u < half; u++) {
      const at = from + u;
      sums[plan.rings[at]!]! +=
        plan.times[u]! * (real[at]! * real[at]! + imaginary[at]! * imaginary[at]!);
    }
  }
  // Far below a rounding error of one level, so that a picture of one colour has a spectrum, too.
  return sums.map((sum, ring) => Math.log10(sum / (plan.counts[ring]! * weight) + 1e-6));
}

type Halves = readonly [real: Float64Array, imaginary: Float64Array];

interface Plan {
  readonly size: number;
  readonly cosines: Float64Array;
  readonly sines: Float64Array;
  readonly reversed: Uint16Array;
  /** The ring of each value of the half plane, `[v, u]`. */
  readonly rings: Uint8Array;
  /** How often each u stands for a value of the whole plane: once or, with its conjugate, twice. */
  readonly times: Float64Array;
  /**
   * What the transforms work on, for one picture after the other: rows in pairs,
   * `[size, size / 2]`, and the half plane.
   */
  readonly pairs: Halves;
  readonly halfPlane: Halves;
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
  const times = Float64Array.from({ length: half }, (_, u) => (u === 0 || u === size / 2 ? 1 : 2));
  const rings = new Uint8Array(size * half);
  const counts = new Float64Array(ringCount);
  for (let v = 0; v < size; v++) {
    for (let u = 0; u < half; u++) {
      const frequency = Math.hypot(u, Math.min(v, size - v)) / size;
      const ring = Math.min(Math.floor(frequency * ringsToOne), ringCount - 1);
      rings[v * half + u] = ring;
      counts[ring]! += times[u]!;
    }
  }
  const plan: Plan = {
    size,
    cosines: Float64Array.from({ length: size / 2 }, (_, i) => Math.cos(angle(i))),
    sines: Float64Array.from({ length: size / 2 }, (_, i) => Math.sin(angle(i))),
    reversed,
    rings,
    times,
    pairs: [new Float64Array((size * size) / 2), new Float64Array((size * size) / 2)],
    halfPlane: [new Float64Array(size * half), new Float64Array(size * half)],
    counts,
  };
  plans.set(size, plan);
  return plan;
}

/**
 * The discrete Fourier transform in place along the first axis of `[size, length]`, whose rows come
 * in the order of `reversed`: Cooley and Tukey 1965, radix 2, decimation in time, two steps in one
 * pass over memory.
 */
function transform(
  { size, cosines, sines }: Plan,
  real: Float64Array,
  imaginary: Float64Array,
  length: number,
): void {
  const isOdd = Math.log2(size) % 2 === 1;
  if (isOdd) addPairs(real, imaginary, length);
  for (let quarter = isOdd ? 2 : 1; quarter < size; quarter *= 4) {
    const ahead = quarter * length;
    const step = size / (4 * quarter);
    for (let start = 0; start < size; start += 4 * quarter) {
      for (let i = 0; i < quarter; i++) {
        const cosine = cosines[i * step]!;
        const sine = sines[i * step]!;
        const cosineOfTwice = cosines[2 * i * step]!;
        const sineOfTwice = sines[2 * i * step]!;
        const from = (start + i) * length;
        for (let p = from; p < from + length; p++) {
          const q = p + ahead;
          const r = q + ahead;
          const s = r + ahead;
          // The first step: p with q, and r with s.
          const qReal = real[q]! * cosineOfTwice - imaginary[q]! * sineOfTwice;
          const qImaginary = real[q]! * sineOfTwice + imaginary[q]! * cosineOfTwice;
          const sReal = real[s]! * cosineOfTwice - imaginary[s]! * sineOfTwice;
          const sImaginary = real[s]! * sineOfTwice + imaginary[s]! * cosineOfTwice;
          const a = real[p]! + qReal;
          const aImaginary = imaginary[p]! + qImaginary;
          const b = real[p]! - qReal;
          const bImaginary = imaginary[p]! - qImaginary;
          const c = real[r]! + sReal;
          const cImaginary = imaginary[r]! + sImaginary;
          const d = real[r]! - sReal;
          const dImaginary = imaginary[r]! - sImaginary;
          // The second: their sums, and their differences, which are a quarter of a turn on.
          const e = c * cosine - cImaginary * sine;
          const eImaginary = c * sine + cImaginary * cosine;
          const f = d * sine + dImaginary * cosine;
          const fImaginary = dImaginary * sine - d * cosine;
          real[p] = a + e;
          imaginary[p] = aImaginary + eImaginary;
          real[q] = b + f;
          imaginary[q] = bImaginary + fImaginary;
          real[r] = a - e;
          imaginary[r] = aImaginary - eImaginary;
          real[s] = b - f;
          imaginary[s] = bImaginary - fImaginary;
        }
      }
    }
  }
}

/** The first step alone, of rows in pairs. */
function addPairs(real: Float64Array, imaginary: Float64Array, length: number): void {
  for (const values of [real, imaginary]) {
    for (let start = 0; start < values.length; start += 2 * length) {
      for (let low = start; low < start + length; low++) {
        const value = values[low + length]!;
        values[low + length] = values[low]! - value;
        values[low]! += value;
      }
    }
  }
}

const powerOfTwo = (least: number): number => 2 ** Math.ceil(Math.log2(least));

/** Periodic, and never 0, so that a picture of one row has weight. */
const hann = (length: number): Float64Array =>
  Float64Array.from({ length }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / length));

const squared = (window: Float64Array): number =>
  window.reduce((sum, value) => sum + value * value, 0);
