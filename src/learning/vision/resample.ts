import type { Kernel } from './resize-settings.ts';

export type Size = { readonly width: number; readonly height: number };

/** Values of pixels; bytes are rounded where floats are not. */
type Values = Float32Array | Uint8ClampedArray;

/**
 * Values of pixels, `[height, width, channels]`, in another size, first across and then down, as
 * Pillow and torchvision (with antialiasing) resize. A new pixel is the weighted mean of the old
 * ones around its centre, with the edge continued outside. When reducing, the kernel widens by the
 * factor. Bytes are rounded after each direction. Example: 0, 4 in twice the width give 0, 1, 3, 4.
 * `exact` gives Pillow's very bytes, which depend on how it rounds weights and positions.
 */
export function resample<Own extends Values>(
  values: Own,
  from: Size,
  to: Size,
  channels: number,
  kernel: Kernel = 'linear',
  exact?: 'pillow',
): Own {
  const filterOf = exact === undefined ? filter : pillowFilter;
  const wide = sameType(values, to.width * from.height * channels);
  weighColumns(
    values,
    wide,
    from.height,
    channels,
    from.width,
    filterOf(from.width, to.width, kernel),
  );
  const resampled = sameType(values, to.width * to.height * channels);
  weighRows(wide, resampled, to.width * channels, filterOf(from.height, to.height, kernel));
  return resampled;
}

const sameType = <Own extends Values>(values: Own, length: number): Own =>
  new (values.constructor as new (length: number) => Own)(length);

/** The old pixels of which each new one is the weighted mean. */
interface Filter {
  /** Old pixels of each new one. */
  readonly taps: number;
  /** The first of them, by new pixel. */
  readonly first: Int32Array;
  /** `[new pixels, taps]`; those of a new pixel sum to 1. */
  readonly weights: Float64Array;
}

function filter(from: number, to: number, kernel: Kernel): Filter {
  const scale = from / to;
  const centre = (position: number) => (position + 0.5) * scale;
  if (kernel === 'nearest') {
    const first = Int32Array.from({ length: to }, (_, position) => Math.floor(centre(position)));
    return { taps: 1, first, weights: new Float64Array(to).fill(1) };
  }
  const { reach, weightAt } = shapes[kernel];
  const width = Math.max(1, scale);
  const starts = Array.from({ length: to }, (_, position) =>
    Math.floor(centre(position) - reach * width + 0.5),
  );
  const ends = Array.from({ length: to }, (_, position) =>
    Math.floor(centre(position) + reach * width + 0.5),
  );
  const widest = ends.reduce((most, end, position) => Math.max(most, end - starts[position]!), 0);
  const taps = Math.min(from, widest);
  // Beyond the edge a window keeps its length, with weights of 0.
  const first = Int32Array.from(starts, (start) => Math.max(0, Math.min(start, from - taps)));
  const weights = new Float64Array(to * taps);
  for (let position = 0; position < to; position++) {
    const positionWeights = weights.subarray(position * taps, (position + 1) * taps);
    for (let k = 0; k < taps; k++) {
      const old = first[position]! + k;
      if (old >= starts[position]! && old < ends[position]!)
        positionWeights[k] = weightAt(Math.abs(old + 0.5 - centre(position)) / width);
    }
    const sum = positionWeights.reduce((total, weight) => total + weight, 0);
    for (let k = 0; k < taps; k++) positionWeights[k]! /= sum;
  }
  return { taps, first, weights };
}

/** The parts of 1 in which Pillow counts weights, `PRECISION_BITS` of its `Resample.c`. */
const weightParts = 2 ** 22;

/**
 * Pillow rounds weights, halves away from 0, and finds the nearest pixel by adding up steps
 * (`ImagingScaleAffine` of its `Geometry.c`).
 */
function pillowFilter(from: number, to: number, kernel: Kernel): Filter {
  const { taps, first, weights } = filter(from, to, kernel);
  if (kernel === 'nearest') {
    const step = from / to;
    let centre = step * 0.5;
    for (let position = 0; position < to; position++, centre += step)
      first[position] = Math.floor(centre);
    return { taps, first, weights };
  }
  const rounded = weights.map(
    (weight) => Math.trunc(weight * weightParts + Math.sign(weight) * 0.5) / weightParts,
  );
  return { taps, first, weights: rounded };
}

/**
 * The weight of a pixel at a distance from the centre, in pixels, and the distance from which on it
 * is 0.
 */
interface KernelShape {
  readonly reach: number;
  readonly weightAt: (distance: number) => number;
}

const shapes: Readonly<Record<Exclude<Kernel, 'nearest'>, KernelShape>> = {
  linear: { reach: 1, weightAt: (distance) => Math.max(0, 1 - distance) },
  // Catmull and Rom's, that of Pillow and libvips; torch.nn.functional.interpolate without
  // antialiasing has -0.75 for -0.5.
  cubic: { reach: 2, weightAt: (distance) => cubic(distance, 0, 0.5) },
  mitchell: { reach: 2, weightAt: (distance) => cubic(distance, 1 / 3, 1 / 3) },
  lanczos2: { reach: 2, weightAt: (distance) => lanczos(distance, 2) },
  lanczos3: { reach: 3, weightAt: (distance) => lanczos(distance, 3) },
};

/**
 * The cubics of Mitchell and Netravali 1988, "Reconstruction filters in computer graphics",
 * equation 8.
 */
function cubic(x: number, b: number, c: number): number {
  if (x < 1)
    return ((12 - 9 * b - 6 * c) * x ** 3 + (-18 + 12 * b + 6 * c) * x ** 2 + (6 - 2 * b)) / 6;
  if (x < 2)
    return (
      ((-b - 6 * c) * x ** 3 +
        (6 * b + 30 * c) * x ** 2 +
        (-12 * b - 48 * c) * x +
        (8 * b + 24 * c)) /
      6
    );
  return 0;
}

const lanczos = (x: number, lobes: number): number => (x < lobes ? sinc(x) * sinc(x / lobes) : 0);
const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/** Fills `sums`, `[height, new width, channels]`, from `values`, `[height, width, channels]`. */
function weighColumns(
  values: Values,
  sums: Values,
  height: number,
  channels: number,
  width: number,
  { taps, first, weights }: Filter,
): void {
  const half = roundingOf(sums);
  let to = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < first.length; x++) {
      const from = (y * width + first[x]!) * channels;
      for (let channel = 0; channel < channels; channel++) {
        let sum = half;
        for (let k = 0; k < taps; k++)
          sum += weights[x * taps + k]! * values[from + k * channels + channel]!;
        sums[to++] = half === 0 ? sum : Math.floor(sum);
      }
    }
  }
}

/** Fills `sums`, `[new height, length]`, from `values`, `[height, length]`. */
function weighRows(
  values: Values,
  sums: Values,
  length: number,
  { taps, first, weights }: Filter,
): void {
  const half = roundingOf(sums);
  const band = new Float64Array(length);
  for (let y = 0; y < first.length; y++) {
    band.fill(half);
    // Two rows in one pass, which reads and writes `band` half as often.
    for (let k = 0; k < taps; k += 2) {
      const hasTwo = k + 1 < taps;
      const weight = weights[y * taps + k]!;
      const nextWeight = hasTwo ? weights[y * taps + k + 1]! : 0;
      const from = (first[y]! + k) * length;
      const next = hasTwo ? from + length : from;
      for (let i = 0; i < length; i++)
        band[i]! += weight * values[from + i]! + nextWeight * values[next + i]!;
    }
    for (let i = 0; i < length; i++)
      sums[y * length + i] = half === 0 ? band[i]! : Math.floor(band[i]!);
  }
}

/**
 * Bytes are rounded halves up, as in Pillow; the array alone would round a half to the even number.
 */
const roundingOf = (sums: Values): number => (sums instanceof Uint8ClampedArray ? 0.5 : 0);
