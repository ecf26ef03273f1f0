import type { Weighted } from '../weights.ts';
import { type Confusion, confusion } from './confusion.ts';

/**
 * The harmonic mean of precision and recall, 0 to 1: 2 TP / (2 TP + FP + FN) (van Rijsbergen 1979, "Information retrieval",
 * chapter 7, as 1 - E). Higher is better; true negatives do not count. 0 where there is nothing positive, neither by
 * label nor by prediction, as scikit-learn's `f1_score` with a warning.
 *
 * Example: labels 0 0 1 1, predictions 0 1 1 1 give 0.8.
 *
 * @param labels 0 or 1 for each item.
 * @param predictions 0 or 1 for each item.
 */
export function f1(labels: ArrayLike<number>, predictions: ArrayLike<number>, options: Weighted = {}): number {
  return f1Of(confusion(labels, predictions, options));
}

/** {@link f1} of what was counted already, weights worked in. */
export function f1Of(counts: Confusion): number {
  const { truePositives, falsePositives, falseNegatives } = counts;
  return truePositives === 0 ? 0 : (2 * truePositives) / (2 * truePositives + falsePositives + falseNegatives);
}
