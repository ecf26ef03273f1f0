/**
 * What a ranking decides at each of its distinct scores, highest first: everything at or above the threshold is called
 * positive. The common ground of ROC, AUC and their kin.
 */
export interface ThresholdCounts {
  /** Distinct scores, descending. */
  readonly thresholds: Float64Array;
  /** Positives at or above each threshold. */
  readonly truePositives: Float64Array;
  /** Negatives at or above each threshold. */
  readonly falsePositives: Float64Array;
  /** Of all items. */
  readonly positives: number;
  readonly negatives: number;
}

/**
 * Counts positives and negatives at or above every distinct score; ties share one threshold.
 *
 * Positives and negatives are sorted apart, which the engine does natively on plain numbers, and then merged: ten times
 * faster than sorting indices by a comparison.
 *
 * @param labels 0 or 1 for each item; 1 is positive.
 * @param scores One finite number for each item; throws a RangeError otherwise.
 */
export function countAtThresholds(labels: ArrayLike<number>, scores: ArrayLike<number>): ThresholdCounts {
  const [negative, positive] = sortedByLabel(labels, scores);
  const size = labels.length;
  const thresholds = new Float64Array(size);
  const truePositives = new Float64Array(size);
  const falsePositives = new Float64Array(size);
  let count = 0;
  let p = positive.length;
  let n = negative.length;
  while (p > 0 || n > 0) {
    const threshold = Math.max(p > 0 ? positive[p - 1]! : -Infinity, n > 0 ? negative[n - 1]! : -Infinity);
    while (p > 0 && positive[p - 1]! === threshold) p--;
    while (n > 0 && negative[n - 1]! === threshold) n--;
    thresholds[count] = threshold;
    truePositives[count] = positive.length - p;
    falsePositives[count] = negative.length - n;
    count++;
  }
  return {
    thresholds: thresholds.subarray(0, count),
    truePositives: truePositives.subarray(0, count),
    falsePositives: falsePositives.subarray(0, count),
    positives: positive.length,
    negatives: negative.length,
  };
}

/** The scores of negatives and of positives, ascending. */
function sortedByLabel(labels: ArrayLike<number>, scores: ArrayLike<number>): [Float64Array, Float64Array] {
  if (labels.length !== scores.length) {
    throw new RangeError(`Expected one score for each of ${labels.length} labels, got ${scores.length}`);
  }
  const negative = new Float64Array(labels.length);
  const positive = new Float64Array(labels.length);
  let n = 0;
  let p = 0;
  for (let i = 0; i < labels.length; i++) {
    const score = scores[i]!;
    if (!Number.isFinite(score)) throw new RangeError(`Expected a finite score, got ${score} at index ${i}`);
    if (labels[i] === 1) positive[p++] = score;
    else if (labels[i] === 0) negative[n++] = score;
    else throw new RangeError(`Expected the label 0 or 1, got ${labels[i]} at index ${i}`);
  }
  return [negative.subarray(0, n).sort(), positive.subarray(0, p).sort()];
}
