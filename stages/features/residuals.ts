import type { Plane } from './planes.ts';

/**
 * Co-occurrences of noise residuals, after the spatial rich model (Fridrich and Kodovský 2012,
 * "Rich models for steganalysis of digital images", IEEE TIFS 7(3), section II). A linear filter
 * predicts a pixel from its neighbours; the residual, what it misses, is divided by q, rounded and
 * truncated to −T … T. The shares of all sequences of four residuals in a row are the features.
 * Content is mostly predicted; the traces of a camera, of a generator and of compression are not.
 *
 * Here q is the sum c of the filter's weights for the pixel, T is 2, and the signs and the
 * direction of a sequence do not count (section II-D): 169 of 625 sequences remain.
 */

/** Residuals beyond ±T count as ±T. */
const truncation = 2;
const levels = 2 * truncation + 1;
/** Residuals in a row. */
const order = 4;

/** A filter of a residual. */
interface Filter {
  readonly name: string;
  /** Weights by row. */
  readonly weights: readonly (readonly number[])[];
  /** The quantisation step q. */
  readonly step: number;
  /**
   * Whether sequences also run down the columns, with the same filter; a filter along the row is
   * turned for that.
   */
  readonly isSquare: boolean;
}

const first: Filter = { name: 'first', weights: [[-1, 1]], step: 1, isSquare: false };
const second: Filter = { name: 'second', weights: [[1, -2, 1]], step: 2, isSquare: false };
const third: Filter = { name: 'third', weights: [[1, -3, 3, -1]], step: 3, isSquare: false };
const square3: Filter = {
  name: 'square3',
  weights: [
    [-1, 2, -1],
    [2, -4, 2],
    [-1, 2, -1],
  ],
  step: 4,
  isSquare: true,
};
const square5: Filter = {
  name: 'square5',
  weights: [
    [-1, 2, -2, 2, -1],
    [2, -6, 8, -6, 2],
    [-2, 8, -12, 8, -2],
    [2, -6, 8, -6, 2],
    [-1, 2, -2, 2, -1],
  ],
  step: 12,
  isSquare: true,
};

/** The filters of luma, and of each colour difference. */
const ofLuma = [first, second, third, square3, square5];
const ofColours = [second, square3];

/** The bin of each sequence among those that differ by more than signs and direction. */
const bins = placesOfSequences();
const sequences = new Set(bins).size;

/** 1,521: nine filters with 169 sequences each. */
export const residualCount = sequences * (ofLuma.length + 2 * ofColours.length);

/**
 * The square roots of the shares of each sequence, filter by filter: those of luma, then those of
 * the colour differences. Roots have about the same noise for rare and for frequent sequences.
 *
 * @param planes Luma, red minus green, blue minus green, at least 8 x 8 pixels.
 */
export function residualFeatures([luma, redGreen, blueGreen]: readonly Plane[]): Float64Array {
  const features = new Float64Array(residualCount);
  let at = 0;
  const add = (plane: Plane, filters: readonly Filter[]) => {
    for (const filter of filters) {
      features.set(coOccurrences(plane, filter), at);
      at += sequences;
    }
  };
  add(luma!, ofLuma);
  add(redGreen!, ofColours);
  add(blueGreen!, ofColours);
  return features;
}

function coOccurrences(plane: Plane, filter: Filter): Float64Array {
  const counts = new Float64Array(sequences);
  const across = quantised(plane, filter.weights, filter.step);
  countRows(across, counts);
  if (filter.isSquare) countRows(turned(across), counts);
  else countRows(quantised(turned(plane), filter.weights, filter.step), counts);
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => Math.sqrt(count / total));
}

/** Residuals as 0 to 4, for −2 to 2, where the whole filter lies inside. */
function quantised(plane: Plane, weights: Filter['weights'], step: number): Plane {
  const rows = weights.length;
  const columns = weights[0]!.length;
  const width = plane.width - columns + 1;
  const height = plane.height - rows + 1;
  const values = new Int16Array(width * height);
  const taps = weights.flatMap((row, dy) =>
    row.map((weight, dx) => ({ weight, offset: dy * plane.width + dx })),
  );
  const sums = new Int32Array(width);
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    for (const { weight, offset } of taps) {
      const from = y * plane.width + offset;
      for (let x = 0; x < width; x++) sums[x]! += weight * plane.values[from + x]!;
    }
    for (let x = 0; x < width; x++) {
      // Halves away from 0, so that a residual and its negative are rounded alike.
      const sum = sums[x]!;
      const level = Math.min(truncation, Math.floor(Math.abs(sum) / step + 0.5));
      values[y * width + x] = truncation + (sum < 0 ? -level : level);
    }
  }
  return { width, height, values };
}

/** Rows as columns. */
function turned({ width, height, values }: Plane): Plane {
  const result = new Int16Array(values.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) result[x * height + y] = values[y * width + x]!;
  return { width: height, height: width, values: result };
}

function countRows({ width, height, values }: Plane, counts: Float64Array): void {
  const all = levels ** order;
  for (let y = 0; y < height; y++) {
    let sequence = 0;
    for (let x = 0; x < width; x++) {
      sequence = (sequence * levels + values[y * width + x]!) % all;
      if (x >= order - 1) counts[bins[sequence]!]!++;
    }
  }
}

function placesOfSequences(): Uint16Array {
  const all = levels ** order;
  const result = new Uint16Array(all);
  const known = new Map<number, number>();
  for (let sequence = 0; sequence < all; sequence++) {
    const digits = Array.from(
      { length: order },
      (_, i) => Math.floor(sequence / levels ** (order - 1 - i)) % levels,
    );
    const negative = digits.map((digit) => levels - 1 - digit);
    const forms = [digits, digits.toReversed(), negative, negative.toReversed()];
    const least = Math.min(
      ...forms.map((form) => form.reduce((number, digit) => number * levels + digit, 0)),
    );
    const bin = known.get(least) ?? known.size;
    known.set(least, bin);
    result[sequence] = bin;
  }
  return result;
}
