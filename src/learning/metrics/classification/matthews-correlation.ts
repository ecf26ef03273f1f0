import type { Weighted } from '../weights.ts';
import { type Confusion, confusion } from './confusion.ts';

/**
 * The correlation of labels and predictions, -1 to 1 (Matthews 1975, "Comparison of the predicted and observed secondary
 * structure of T4 phage lysozyme"): (TP TN - FP FN) / √((TP + FP) (TP + FN) (TN + FP) (TN + FN)). Higher is better, 0 is
 * chance; 0 too where labels or predictions are of one class only, as scikit-learn's `matthews_corrcoef`; NaN for no items.
 *
 * Example: labels 0 0 1 1, predictions 0 1 1 1 give 0.57735 = 2 / √12.
 *
 * @param labels 0 or 1 for each item.
 * @param predictions 0 or 1 for each item.
 */
export function matthewsCorrelation(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  options: Weighted = {},
): number {
  return matthewsCorrelationOf(confusion(labels, predictions, options));
}

/** {@link matthewsCorrelation} of what was counted already, weights worked in. */
export function matthewsCorrelationOf(c: Confusion): number {
  const [called, notCalled] = [c.truePositives + c.falsePositives, c.trueNegatives + c.falseNegatives];
  const [positives, negatives] = [c.truePositives + c.falseNegatives, c.trueNegatives + c.falsePositives];
  if (positives + negatives === 0) return Number.NaN;
  // Roots of pairs, since the product of four counts may pass all floats.
  const scale = Math.sqrt(called * notCalled) * Math.sqrt(positives * negatives);
  return scale === 0 ? 0 : (c.truePositives * c.trueNegatives - c.falsePositives * c.falseNegatives) / scale;
}
