import type { Weighted } from '../weights.ts';
import { type Confusion, confusion } from './confusion.ts';

/**
 * The share of positives among what is called positive, 0 to 1: TP / (TP + FP). Higher is better; by chance it is the share
 * of positives. 0 where nothing is called positive, as scikit-learn's `precision_score` with a warning.
 *
 * Example: labels 0 0 1 1, predictions 0 1 1 1 give 2/3.
 *
 * @param labels 0 or 1 for each item.
 * @param predictions 0 or 1 for each item.
 */
export function precision(labels: ArrayLike<number>, predictions: ArrayLike<number>, options: Weighted = {}): number {
  return precisionOf(confusion(labels, predictions, options));
}

/** {@link precision} of what was counted already, weights worked in. */
export function precisionOf(counts: Confusion): number {
  const { truePositives, falsePositives } = counts;
  return truePositives === 0 ? 0 : truePositives / (truePositives + falsePositives);
}
