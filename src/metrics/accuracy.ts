import { confusion } from './confusion.ts';
import { requireOneEach, type Weighted, weightedMean } from './weights.ts';

/**
 * The share of items whose class is predicted, 0 to 1. Higher is better; compare it with {@link majorityAccuracy}.
 * NaN for no items.
 *
 * Example: labels 0 0 1 1, predictions 0 1 1 1 give 0.75.
 */
export function accuracy(labels: ArrayLike<number>, predictions: ArrayLike<number>, options: Weighted = {}): number {
  requireOneEach(labels, predictions, 'prediction', options);
  return weightedMean(labels.length, (i) => (labels[i] === predictions[i] ? 1 : 0), options);
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
