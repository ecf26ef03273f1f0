import type { Weighted } from '../weights.ts';
import { type Confusion, confusion } from './confusion.ts';

/**
 * The share of positives that are called so, 0 to 1: TP / (TP + FN), the true positive rate. Higher is better, but calling
 * everything positive gives 1. 0 where there are no positives, as scikit-learn's `recall_score` with a warning.
 *
 * Example: labels 0 0 1 1, predictions 0 1 1 0 give 0.5.
 *
 * @param labels 0 or 1 for each item.
 * @param predictions 0 or 1 for each item.
 */
export function recall(labels: ArrayLike<number>, predictions: ArrayLike<number>, options: Weighted = {}): number {
  return recallOf(confusion(labels, predictions, options));
}

/** {@link recall} of what was counted already, weights worked in. */
export function recallOf(counts: Confusion): number {
  const { truePositives, falseNegatives } = counts;
  return truePositives === 0 ? 0 : truePositives / (truePositives + falseNegatives);
}
