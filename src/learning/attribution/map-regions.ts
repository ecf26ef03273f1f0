/** The cells of a grid of thirds, row by row. Each has about a ninth of the pixels. */
export const regionNames = [
  'topLeft',
  'top',
  'topRight',
  'left',
  'middle',
  'right',
  'bottomLeft',
  'bottom',
  'bottomRight',
] as const;

/**
 * Where the mass of a map lies: the share in each cell of a grid of thirds, in the order of
 * {@link regionNames}, which sum to 1; about 1/9 each for a constant map, NaN for a map of zeros. A
 * pixel belongs to the cell of its centre.
 *
 * @param map `[height, width]`, values of at least 0.
 *
 * Example: 3 x 3 pixels of which the middle is 2 and its right neighbour 1 give 2/3 and 1/3.
 */
export function regionShares(
  map: Float32Array,
  { height, width }: { readonly height: number; readonly width: number },
): Float64Array {
  const masses = new Float64Array(regionNames.length);
  let total = 0;
  for (let row = 0; row < height; row++) {
    const band = 3 * thirdOf(row, height);
    for (let column = 0; column < width; column++) {
      const value = map[row * width + column]!;
      masses[band + thirdOf(column, width)]! += value;
      total += value;
    }
  }
  return masses.map((mass) => mass / total);
}

/**
 * Where the mass of a map lies by parts of its image: the share in each, which sum to 1; NaN
 * for a map of zeros.
 *
 * @param parts The number of each pixel's part, of as many pixels as the map has.
 * @param count How many parts there are.
 *
 * Example: the map 2, 1, 1 with the parts 0, 1, 1 of three gives 0.5, 0.5, 0.
 */
export function partShares(map: Float32Array, parts: Uint8Array, count: number): Float64Array {
  const masses = new Float64Array(count);
  let total = 0;
  for (const [i, value] of map.entries()) {
    masses[parts[i]!]! += value;
    total += value;
  }
  return masses.map((mass) => mass / total);
}

/** The third of a side, 0 to 2, that holds the centre of a pixel. */
const thirdOf = (pixel: number, side: number): number => Math.floor((3 * (pixel + 0.5)) / side);

/**
 * How much of the image a map covers, above 0 to 0.5: the smallest share of the pixels that holds
 * half of its mass. 0.5 for a constant map, NaN for a map of zeros.
 *
 * Example: of 6, 2, 1, 1 the first pixel holds more than half: 0.25.
 */
export function halfMassArea(map: Float32Array): number {
  const total = map.reduce((sum, value) => sum + value, 0);
  const ascending = map.toSorted();
  let mass = 0;
  let pixels = 0;
  while (mass < total / 2) {
    pixels++;
    mass += ascending.at(-pixels)!;
  }
  return pixels === 0 ? Number.NaN : pixels / map.length;
}
