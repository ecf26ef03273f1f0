/**
 * The eight ways in which a square picture can lie: rotated clockwise in degrees, the last four
 * mirrored left to right before.
 */
export const orientations = [
  'upright',
  'rotated 90',
  'rotated 180',
  'rotated 270',
  'mirrored',
  'mirrored, rotated 90',
  'mirrored, rotated 180',
  'mirrored, rotated 270',
] as const;
export type Orientation = (typeof orientations)[number];

/** What undoes an orientation: a quarter turn the other one, and every mirroring itself. */
export function inverseOf(orientation: Orientation): Orientation {
  if (orientation === 'rotated 90') return 'rotated 270';
  return orientation === 'rotated 270' ? 'rotated 90' : orientation;
}

/**
 * A square picture `[side, side]` in another orientation. Example: 1, 2, 3, 4 rotated by 90 degrees
 * give 3, 1, 4, 2.
 */
export function oriented(grey: ArrayLike<number>, orientation: Orientation): Float64Array {
  const sources = sourcesOf(Math.sqrt(grey.length), orientation);
  const picture = new Float64Array(grey.length);
  for (let i = 0; i < picture.length; i++) picture[i] = grey[sources[i]!]!;
  return picture;
}

/** For each pixel of an oriented picture, the index of the pixel that comes there. */
function sourcesOf(side: number, orientation: Orientation): Uint32Array {
  const name = `${side} ${orientation}`;
  const known = sourcesByName.get(name);
  if (known !== undefined) return known;
  const index = orientations.indexOf(orientation);
  const last = side - 1;
  const sources = Uint32Array.from({ length: side * side }, (_, i) => {
    let x = i % side;
    let y = Math.floor(i / side);
    for (let turn = 0; turn < index % 4; turn++) [x, y] = [y, last - x];
    return y * side + (index < 4 ? x : last - x);
  });
  sourcesByName.set(name, sources);
  return sources;
}

/** Computed once, since a search turns every picture in seven ways. */
const sourcesByName = new Map<string, Uint32Array>();
