// Measures of one map, `[height, width]`, values of at least 0, alone, against a mask (of its size,
// 1 inside, 0 outside) or another map.

/**
 * The pointing game, 0 to 1, higher is better: whether a map's most salient pixel lies inside a
 * mask (Zhang et al. 2018, "Top-down neural attention by excitation backprop", section 5.1, without
 * its margin of 15 pixels around the mask). If several pixels share the maximum, the share of them
 * that lies inside; so a constant map scores what chance scores, the mask's share of the pixels.
 *
 * Example: the map 0, 3, 3, 1 scores 0.5 against the mask 1, 1, 0, 0, as chance does.
 */
export function pointingGame(map: Float32Array, mask: Uint8Array): number {
  let most = Number.NEGATIVE_INFINITY;
  let tied = 0;
  let inside = 0;
  for (const [i, value] of map.entries()) {
    if (value < most) continue;
    if (value > most) [most, tied, inside] = [value, 0, 0];
    tied++;
    inside += mask[i]!;
  }
  return inside / tied;
}

/**
 * How well a map finds a mask, 0 to 1, higher is better: intersection over union (Jaccard 1901) of
 * the mask and as many of the map's most salient pixels. Pixels that tie for the last positions
 * count in part, so a constant map scores {@link chanceIntersectionOverUnion}. NaN for an empty
 * mask.
 *
 * Example: the map 4, 3, 2, 1 against the mask 1, 0, 1, 0 has one of two pixels right: 1 in both, 3
 * in either, 1/3.
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
 * The expected intersection over union of a mask, a share m of the pixels, and as many random
 * pixels: m / (2 - m).
 */
export function chanceIntersectionOverUnion(mask: Uint8Array): number {
  const share = maskShare(mask);
  return share / (2 - share);
}

/** A mask's share of the pixels: the score of a random pixel in the {@link pointingGame}. */
export const maskShare = (mask: Uint8Array): number => sizeOf(mask) / mask.length;

const sizeOf = (mask: Uint8Array): number => mask.reduce((sum, inside) => sum + inside, 0);

/**
 * How concentrated a map is, 0.1 to 1, neither better: the share of its mass in its most salient 10
 * % of pixels. About 0.1 for a constant map, 1 if all mass lies in a tenth of the pixels or fewer,
 * NaN for a map of zeros. It depends on the map's zero, but not on its unit.
 *
 * Example: 6, 2, 1, 1 give 0.6, since a tenth of four pixels is rounded to one.
 */
export function topShare(map: Float32Array): number {
  const count = Math.max(1, Math.round(0.1 * map.length));
  const cut = mostSalient(map, count);
  let all = 0;
  let most = (count - cut.above) * cut.value;
  for (const value of map) {
    all += value;
    if (value > cut.value) most += value;
  }
  return most / all;
}

/**
 * How differently the mass of two maps is distributed, 0 to 1: the share of one map's mass that
 * would have to move to obtain the other, both scaled to the same mass (total variation distance; 1
 * minus the similarity of Bylinskii et al. 2019, "What do different evaluation metrics tell us
 * about saliency models?", section 4.1.4). NaN if one of them is zero everywhere.
 *
 * Example: 0, 1, 0, 1 and 0, 1, 1, 2 give 0.25: a quarter of the mass lies in the second pixel of
 * one and in the third of the other.
 */
export function mapDistance(first: ArrayLike<number>, second: ArrayLike<number>): number {
  let firstSum = 0;
  let secondSum = 0;
  for (let i = 0; i < first.length; i++) {
    firstSum += first[i]!;
    secondSum += second[i]!;
  }
  let apart = 0;
  for (let i = 0; i < first.length; i++)
    apart += Math.abs(first[i]! / firstSum - second[i]! / secondSum);
  return apart / 2;
}

/**
 * Where a map's most salient pixels end: the last one's value, how many lie above it, and how many
 * have it.
 */
export interface SalientCut {
  readonly value: number;
  readonly above: number;
  readonly tied: number;
}

/**
 * How much a pixel counts among the `count` most salient: 1, 0, or a share where it ties for the
 * last positions.
 */
export function salience(value: number, cut: SalientCut, count: number): number {
  if (value > cut.value) return 1;
  return value < cut.value ? 0 : (count - cut.above) / cut.tied;
}

/**
 * The cut below a map's `count` most salient pixels: of 4, 3, 3, 0, two end at 3, one above and two
 * tied.
 */
export function mostSalient(map: Float32Array, count: number): SalientCut {
  const value = greatest(map.slice(), count);
  let above = 0;
  let tied = 0;
  for (const each of map) {
    if (each > value) above++;
    else if (each === value) tied++;
  }
  return { value, above, tied };
}

/**
 * The greatest of values but `count` - 1, by quickselect (Hoare 1961), which reorders them: sorting
 * all takes longer than the map.
 */
function greatest(values: Float32Array, count: number): number {
  let first = 0;
  let last = values.length - 1;
  while (first < last) {
    const pivot = values[(first + last) >> 1]!;
    let i = first;
    let k = last;
    while (i <= k) {
      while (values[i]! > pivot) i++;
      while (values[k]! < pivot) k--;
      if (i > k) break;
      [values[i], values[k]] = [values[k]!, values[i]!];
      i++;
      k--;
    }
    if (count - 1 <= k) last = k;
    else if (count - 1 >= i) first = i;
    else break;
  }
  return values[count - 1]!;
}
