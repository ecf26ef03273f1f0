import { normalQuantile } from './normal-distribution.ts';

/** A share of independent images, 0 to 1, such as an accuracy. */
export type Share = { readonly value: number; readonly images: number };

/**
 * The difference of two shares of different images, the first minus the second, with Newcombe's
 * interval, which combines the Wilson intervals of both (Newcombe 1998, "Interval estimation for
 * the difference between independent proportions", method 10). It stays within -1 to 1, and has a
 * width even where no image is wrong.
 *
 * Example: 56/70 and 48/80 at 0.95 give 0.2, 0.0524 to 0.3339.
 */
export function shareDifference(first: Share, second: Share, confidence: number) {
  const a = shareInterval(first, confidence);
  const b = shareInterval(second, confidence);
  const value = first.value - second.value;
  const low = value - Math.hypot(first.value - a.low, b.high - second.value);
  const high = value + Math.hypot(a.high - first.value, second.value - b.low);
  return { value, low, high };
}

/**
 * Wilson's score interval of a share at a confidence above 0 and below 1 (Wilson 1927, "Probable
 * inference, the law of succession, and statistical inference"). Example: 56/70 at 0.95 gives
 * 0.6918 to 0.8770.
 */
export function shareInterval({ value, images }: Share, confidence: number) {
  const z = normalQuantile(0.5 + confidence / 2);
  const middle = value + z ** 2 / (2 * images);
  const half = z * Math.sqrt((value * (1 - value)) / images + z ** 2 / (4 * images ** 2));
  const scale = 1 + z ** 2 / images;
  return { low: (middle - half) / scale, high: (middle + half) / scale };
}
