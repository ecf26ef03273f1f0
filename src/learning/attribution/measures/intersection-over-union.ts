import { mostSalient, salience } from './most-salient.ts';

/**
 * How well a map finds a mask, 0 to 1: its most salient pixels, as many as the mask has, against the mask, the pixels in both over
 * those in either (Jaccard 1901). Higher is better. Pixels that tie for the last places count by shares, so a map that is
 * the same everywhere gets what chance gets ({@link chanceIntersectionOverUnion}). NaN where the mask is empty.
 *
 * Example: the map 4, 3, 2, 1 against the mask 1, 0, 1, 0 has the first pixel of two right: 1 in both, 3 in either, 1/3.
 *
 * @param map Values of at least 0: `[height, width]`.
 * @param mask 1 inside, 0 outside: `[height, width]`.
 */
export function intersectionOverUnion(map: Float32Array, mask: Uint8Array): number {
  const size = sizeOf(mask);
  if (size === 0) return Number.NaN;
  const cut = mostSalient(map, size);
  let both = 0;
  for (const [i, value] of map.entries()) if (mask[i] === 1) both += salience(value, cut, size);
  return both / (2 * size - both);
}

/**
 * What as many pixels drawn by chance are expected to have in both over in either: of a mask with the share m of all pixels,
 * m of those drawn lie inside, so m / (2 - m).
 *
 * Example: the mask 1, 0, 1, 0 gives 1/3.
 */
export function chanceIntersectionOverUnion(mask: Uint8Array): number {
  const share = maskShare(mask);
  return share / (2 - share);
}

/** The mask's share of the pixels: what pointing by chance gets. */
export function maskShare(mask: Uint8Array): number {
  return sizeOf(mask) / mask.length;
}

const sizeOf = (mask: Uint8Array): number => mask.reduce((sum, inside) => sum + inside, 0);
