/**
 * The share of items whose class is predicted, 0 to 1. Higher is better; compare it with {@link majorityAccuracy}.
 * NaN for no items.
 *
 * Example: labels 0 0 1 1, predictions 0 1 1 1 give 0.75.
 */
export function accuracy(labels: ArrayLike<number>, predictions: ArrayLike<number>): number {
  if (labels.length !== predictions.length) {
    throw new RangeError(`Expected one prediction for each of ${labels.length} labels, got ${predictions.length}`);
  }
  let right = 0;
  for (let i = 0; i < labels.length; i++) if (labels[i] === predictions[i]) right++;
  return right / labels.length;
}

/**
 * The accuracy of calling everything the more frequent class, 0.5 to 1: what a classifier must beat. NaN for no items.
 *
 * Example: labels 0 0 0 1 give 0.75.
 *
 * @param labels 0 or 1 for each item.
 */
export function majorityAccuracy(labels: ArrayLike<number>): number {
  let positives = 0;
  for (let i = 0; i < labels.length; i++) if (labels[i] === 1) positives++;
  return Math.max(positives, labels.length - positives) / labels.length;
}
