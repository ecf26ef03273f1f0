import { expandedEnds, type Resampled, resultOf } from './bootstrap.ts';

/** A strip around a curve: the interval of its height at each position. */
type Band = Readonly<Record<'low' | 'high', Float64Array>>;

/**
 * The pointwise band of a curve, whose heights at fixed positions, 0 to 1, were resampled
 * (Macskassy and Provost 2004, "Confidence bands for ROC curves", call it vertical averaging): the
 * confidence, above 0 and below 1, holds at each position, not for the whole curve at once. Its
 * ends are percentiles of the draws, which are as smooth as these, but those of a level that makes
 * up for few units (Hesterberg 2015, section 4.4, "expanded percentile interval"). At a height of 0
 * or 1 it has at least the bound of a share without a mistake. NaN where the draws do not show the
 * spread.
 */
export function bandOf(heights: Resampled<ArrayLike<number>>, level: number): Band {
  const ends = Array.from(heights.estimate, (_, position) => {
    return expandedEnds(
      resultOf(heights, (curve) => curve[position]!),
      level,
    );
  });
  return {
    low: Float64Array.from(ends, ([low]) => low),
    high: Float64Array.from(ends, ([, high]) => high),
  };
}
