import type { Weighted } from '../weights.ts';
import { type Confusion, confusion } from './confusion.ts';

/**
 * The mean of both classes' accuracies, 0 to 1 (Brodersen et al. 2010, "The balanced accuracy and its posterior
 * distribution"). Higher is better; 0.5 is chance, whatever the share of the classes. A class without items is left out, as
 * scikit-learn's `balanced_accuracy_score` does with a warning; NaN for no items.
 *
 * Example: labels 0 0 1 1, predictions 0 1 1 1 give 0.75 = (1/2 + 2/2) / 2.
 *
 * @param labels 0 or 1 for each item.
 * @param predictions 0 or 1 for each item.
 */
export function balancedAccuracy(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  options: Weighted = {},
): number {
  return balancedAccuracyOf(confusion(labels, predictions, options));
}

/** {@link balancedAccuracy} of what was counted already, weights worked in. */
export function balancedAccuracyOf(counts: Confusion): number {
  const { trueNegatives, falsePositives, falseNegatives, truePositives } = counts;
  const ofClasses = [
    trueNegatives / (trueNegatives + falsePositives),
    truePositives / (truePositives + falseNegatives),
  ].filter((share) => !Number.isNaN(share));
  return ofClasses.reduce((sum, share) => sum + share, 0) / ofClasses.length;
}
