import type { Weighted } from '../arithmetic/weights.ts';

/** How images of some classes were called. */
export interface CalledImages {
  readonly classes: number;
  /** `[images]`, each below `classes`. */
  readonly labels: ArrayLike<number>;
  /** The class of the highest score, the first of a tie: `[images]`. */
  readonly predictions: ArrayLike<number>;
  /** The classes that share the highest score of an image, where several do. */
  readonly ties: ReadonlyMap<number, readonly number[]>;
}

/**
 * How often images of each class were called each class: counts, or sums of weights,
 * `[classes, classes]`, a row for each label. An image whose highest score several classes share
 * counts for them in equal parts: what choosing one by chance gives on average.
 *
 * Example: labels 0 1 1, predictions 0 1 0 of two classes give 1 0 1 1; with a tie of the last
 * image, 1 0 0.5 1.5.
 */
export function confusionMatrix(
  { labels, predictions, ties, classes }: CalledImages,
  { weights }: Weighted = {},
): Float64Array {
  const matrix = new Float64Array(classes * classes);
  for (let i = 0; i < labels.length; i++)
    matrix[labels[i]! * classes + predictions[i]!]! += weights?.[i] ?? 1;
  for (const [i, tied] of ties) {
    const weight = weights?.[i] ?? 1;
    const row = labels[i]! * classes;
    matrix[row + predictions[i]!]! -= weight;
    for (const c of tied) matrix[row + c]! += weight / tied.length;
  }
  return matrix;
}
