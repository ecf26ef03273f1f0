/** Where a map's most salient pixels end: so many lie above the last one's value, and so many share it. */
export interface SalientCut {
  readonly value: number;
  readonly above: number;
  readonly tied: number;
}

/**
 * The cut below a map's `count` most salient pixels. Of pixels that tie for the last places none comes before another: each
 * counts for `(count - above) / tied`.
 *
 * Example: of 4, 3, 3, 0 the two most salient end at 3, with one above and two tied, of which each counts half.
 *
 * @param map Values of at least 0.
 * @param count From 1 to the number of values.
 */
export function mostSalient(map: Float32Array, count: number): SalientCut {
  if (map.length <= few) return cutOfSorted(map.toSorted(), count);
  // Bits of float32 of at least 0 are ordered as their values, so two counts by 16 of them replace a sort, which would take
  // longer than the map.
  const bits = new Uint32Array(map.buffer, map.byteOffset, map.length);
  const high = bucketFrom(bits, 0, count);
  const low = bucketFrom(bits, 16, count - high.above, high.bucket);
  bits32[0] = (high.bucket << 16) | low.bucket;
  return { value: float32[0]!, above: high.above + low.above, tied: low.within };
}

/** So many values are sorted sooner than the counts are cleared. */
const few = 4096;

/** The same of values that rise. */
function cutOfSorted(sorted: Float32Array, count: number): SalientCut {
  const value = sorted[sorted.length - count]!;
  const [first, last] = [sorted.indexOf(value), sorted.lastIndexOf(value)];
  return { value, above: sorted.length - 1 - last, tied: last - first + 1 };
}

/** How much a pixel counts as one of the most salient: 1, 0, or a share where it ties. */
export function salience(value: number, cut: SalientCut, count: number): number {
  return value > cut.value ? 1 : value < cut.value ? 0 : (count - cut.above) / cut.tied;
}

/** The bucket, by 16 bits from `skip`, that holds the value at the place `count` from above; only values in `within` of the bits before. */
function bucketFrom(bits: Uint32Array, skip: 0 | 16, count: number, within?: number) {
  const counts = new Uint32Array(1 << 16);
  for (const value of bits) {
    if (within === undefined || value >>> 16 === within) counts[(value << skip) >>> 16]!++;
  }
  let above = 0;
  let bucket = counts.length - 1;
  while (above + counts[bucket]! < count) above += counts[bucket--]!;
  return { bucket, above, within: counts[bucket]! };
}

const float32 = new Float32Array(1);
const bits32 = new Uint32Array(float32.buffer);
