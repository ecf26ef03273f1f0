import type { Weighted } from '../weights.ts';
import { type Confusion, confusion } from './confusion.ts';

/**
 * The share of items whose class is predicted, 0 to 1. Higher is better; compare it with {@link majorityAccuracy}.
 * NaN for no items.
 *
 * Example: labels 0 0 1 1, predictions 0 1 1 1 give 0.75.
 */
export function accuracy(labels: ArrayLike<number>, predictions: ArrayLike<number>, options: Weighted = {}): number {
  return accuracyOf(confusion(labels, predictions, options));
}

/** {@link accuracy} of what was counted already, weights worked in. */
export function accuracyOf({ trueNegatives, falsePositives, falseNegatives, truePositives }: Confusion): number {
  const right = trueNegatives + truePositives;
  return right / (right + falsePositives + falseNegatives);
}

/**
 * The accuracy of calling everything the more frequent class, 0.5 to 1: what a classifier must beat. NaN for no items.
 *
 * Example: labels 0 0 0 1 give 0.75.
 *
 * @param labels 0 or 1 for each item.
 */
export function majorityAccuracy(labels: ArrayLike<number>, options: Weighted = {}): number {
  const { trueNegatives, truePositives } = confusion(labels, labels, options);
  return Math.max(trueNegatives, truePositives) / (trueNegatives + truePositives);
}
