import { requireOneEach, type Weighted } from '../weights.ts';

/** How often each class was called what; positive is class 1, fake. */
export interface Confusion {
  /** Real images called real. */
  readonly trueNegatives: number;
  /** Real images called fake. */
  readonly falsePositives: number;
  /** Fake images called real. */
  readonly falseNegatives: number;
  /** Fake images called fake. */
  readonly truePositives: number;
}

/**
 * Counts labels against predictions. Neither higher nor lower is better; all zero for no items.
 *
 * Example: labels 0 0 1 1, predictions 0 1 1 1 give 1 true negative, 1 false positive, 0 false negatives, 2 true positives.
 *
 * @param labels 0 or 1 for each item.
 * @param predictions 0 or 1 for each item.
 */
export function confusion(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  options: Weighted = {},
): Confusion {
  requireOneEach(labels, predictions, 'prediction', options);
  const { weights } = options;
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < labels.length; i++) {
    counts[2 * labels[i]! + predictions[i]!]! += weights === undefined ? 1 : weights[i]!;
  }
  return {
    trueNegatives: counts[0]!,
    falsePositives: counts[1]!,
    falseNegatives: counts[2]!,
    truePositives: counts[3]!,
  };
}
