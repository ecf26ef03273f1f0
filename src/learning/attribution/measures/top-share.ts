import { mostSalient } from './most-salient.ts';

/**
 * How concentrated a map is, 0.1 to 1: the share of its mass in its most salient 10 % of pixels. About 0.1 of a map that is the
 * same everywhere, 1 of one whose mass lies in a tenth of the pixels or fewer. Neither is better. NaN where the map is zero
 * everywhere.
 *
 * It does not change with the map's unit, but with its zero: it is of the map before it is scaled to 0 to 1.
 *
 * Example: 6, 2, 1, 1 give 0.6, since a tenth of four pixels is rounded to one.
 *
 * @param map Values of at least 0.
 * @param share Of the pixels, rounded to whole ones, at least one.
 */
export function topShare(map: Float32Array, share = 0.1): number {
  const count = Math.max(1, Math.round(share * map.length));
  const cut = mostSalient(map, count);
  let all = 0;
  let most = (count - cut.above) * cut.value;
  for (const value of map) {
    all += value;
    if (value > cut.value) most += value;
  }
  return most / all;
}
