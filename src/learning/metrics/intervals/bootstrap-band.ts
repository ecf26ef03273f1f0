import type { BootstrapSample } from './bootstrap.ts';
import { bootstrapWeights, percentileEnds, redrawsClasses } from './bootstrap.ts';

/** A strip around a curve: at each place the interval of its height there. */
export interface Band {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/**
 * The bootstrap's band around a curve, place by place (Macskassy and Provost 2004, "Confidence bands for ROC curves", call
 * it vertical averaging): at each place it holds the curve of other images with the given confidence, not all of the
 * curve at once. NaN where a class is never redrawn.
 *
 *     bootstrapBand({ labels, seed: 1 }, (weights) => truePositiveRatesAt(countRanked(labels, ranking, weights), places), 0.95);
 *
 * @param curve Gets the weight of each image and gives the heights at fixed places; the weights are used anew for the next draw.
 * @param level The confidence, above 0 and below 1.
 */
export function bootstrapBand(
  sample: BootstrapSample,
  curve: (weights: Float64Array) => Float64Array,
  level: number,
): Band {
  const places = curve(new Float64Array(sample.labels.length).fill(1)).length;
  const draws = redrawsClasses(sample) ? Array.from(bootstrapWeights(sample), curve) : [];
  const ends = Array.from({ length: places }, (_, place) =>
    percentileEnds(
      draws.map((heights) => heights[place]!),
      level,
    ),
  );
  return { low: Float64Array.from(ends, ([low]) => low), high: Float64Array.from(ends, ([, high]) => high) };
}
