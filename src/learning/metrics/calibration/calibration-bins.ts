import { requireOneEach, type Weighted } from '../weights.ts';

/** Items of about one probability: a point of a reliability diagram. */
export interface CalibrationBin {
  /** The bin holds probabilities above `low` and up to `high`; the first holds 0 too. */
  readonly low: number;
  readonly high: number;
  /** Items, or their weight; above 0. */
  readonly items: number;
  /** What was said: the mean probability of class 1. */
  readonly meanProbability: number;
  /** What came: the share of class 1. */
  readonly positiveShare: number;
}

export interface CalibrationOptions extends Weighted {
  /** Of one width, from 0 to 1. Default 15, as Guo et al. 2017, "On calibration of modern neural networks". */
  readonly bins?: number;
}

/**
 * How often class 1 came among items of about one probability of it, by rising probability; bins without items are left
 * out. As scikit-learn's `calibration_curve` of the strategy "uniform". A calibrated model's bins have as much of class 1 as
 * was said.
 *
 * Example: labels 0 0 1 1, probabilities 0.1 0.4 0.35 0.8 in 2 bins give 1/3 where 0.2833 was said, and 1 where 0.8.
 *
 * @param labels 0 or 1 for each item.
 * @param probabilities Of class 1, 0 to 1, for each item; throws a RangeError otherwise.
 */
export function calibrationBins(
  labels: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  { bins = 15, weights }: CalibrationOptions = {},
): readonly CalibrationBin[] {
  requireOneEach(labels, probabilities, 'probability', { weights });
  const [items, said, came] = [new Float64Array(bins), new Float64Array(bins), new Float64Array(bins)];
  for (let i = 0; i < labels.length; i++) {
    const probability = probabilities[i]!;
    if (!(probability >= 0 && probability <= 1)) {
      throw new RangeError(`Expected a probability from 0 to 1, got ${probability} at index ${i}`);
    }
    const bin = Math.max(0, Math.ceil(probability * bins) - 1);
    const weight = weights === undefined ? 1 : weights[i]!;
    items[bin]! += weight;
    said[bin]! += weight * probability;
    came[bin]! += weight * labels[i]!;
  }
  return Array.from(items, (count, bin) => ({
    low: bin / bins,
    high: (bin + 1) / bins,
    items: count,
    meanProbability: said[bin]! / count,
    positiveShare: came[bin]! / count,
  })).filter((bin) => bin.items > 0);
}
