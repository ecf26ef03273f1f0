import type { Estimate } from './interval.ts';
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
  const estimateOf = (share: Share): Estimate => ({
    estimate: share.value,
    ...shareInterval(share, confidence),
  });
  return independentDifference(estimateOf(first), estimateOf(second));
}

/**
 * The difference of two estimates that were measured on different images, the first minus the
 * second, with the interval that follows from theirs (Zou and Donner 2008, "Construction of
 * confidence limits about effect measures: a general approach"). The interval of images in groups
 * resamples groups if theirs do. NaN where theirs are.
 *
 * Example: 0.8 (0.7 to 0.9) and 0.6 (0.5 to 0.7) give 0.2, 0.0586 to 0.3414.
 */
export function independentDifference(first: Estimate, second: Estimate) {
  const value = first.estimate - second.estimate;
  const low = value - Math.hypot(first.estimate - first.low, second.high - second.estimate);
  const high = value + Math.hypot(first.high - first.estimate, second.estimate - second.low);
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
