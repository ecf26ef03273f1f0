/**
 * A map brought to 0 to 1, its least value to 0 and its greatest to 1. One that is the same everywhere says nothing of where,
 * and becomes zeros.
 *
 * Example: 2, 3, 4 give 0, 0.5, 1.
 */
export function scaleMap(map: Float32Array): Float32Array {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of map) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return most > least ? map.map((value) => (value - least) / (most - least)) : new Float32Array(map.length);
}
