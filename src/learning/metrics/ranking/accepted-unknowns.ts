import { firstIndex, type ThresholdCounts } from './threshold-counts.ts';

/**
 * The share of unknown images that an open-set detector accepts where it accepts a share of the
 * known ones, 0 to 1, lower is better (the FPR at 95 % TPR of Hendrycks and Gimpel 2017, "A
 * baseline for detecting misclassified and out-of-distribution examples in neural networks"). NaN
 * without unknown images.
 *
 * @param counts Images ranked by doubt, the unknown ones positive.
 */
export function acceptedUnknowns(counts: ThresholdCounts, knownShare: number): number {
  const { truePositives, falsePositives, positives, negatives } = counts;
  // By falling doubt: those before the first index with more than this share of known images are
  // refused.
  const refused = (1 - knownShare) * negatives;
  const end = firstIndex(falsePositives.length, (i) => falsePositives[i]! > refused);
  return 1 - (truePositives[end - 1] ?? 0) / positives;
}
