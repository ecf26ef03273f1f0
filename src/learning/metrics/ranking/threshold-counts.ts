import { requireOneEach, type Weighted } from '../arithmetic/weights.ts';

/** Scores by their position in the ranking: sorted once, then counted under any weights. */
export interface RankedScores {
  /** Distinct scores, descending. */
  readonly thresholds: Float64Array;
  /** For each item, the index of its score among them. */
  readonly positions: Uint32Array;
}

/**
 * Finds the position of every finite score; throws a RangeError otherwise. Values are sorted and
 * looked up, ten times faster than sorting indices.
 */
export function rankScores(scores: ArrayLike<number>): RankedScores {
  const sorted = Float64Array.from(scores);
  const wrong = sorted.findIndex((score) => !Number.isFinite(score));
  if (wrong !== -1)
    throw new RangeError(`Expected a finite score, got ${sorted[wrong]} at index ${wrong}`);
  sorted.sort().reverse();
  let count = 0;
  for (let i = 0; i < sorted.length; i++)
    if (i === 0 || sorted[i] !== sorted[i - 1]) sorted[count++] = sorted[i]!;
  const thresholds = sorted.slice(0, count);
  const positions = new Uint32Array(scores.length);
  for (let i = 0; i < positions.length; i++) positions[i] = positionOf(scores[i]!, thresholds);
  return { thresholds, positions };
}

/**
 * The index of a score among the thresholds, as {@link firstIndex} finds it, but compiled for this
 * use alone.
 */
function positionOf(score: number, thresholds: Float64Array): number {
  let low = 0;
  let high = thresholds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (thresholds[middle]! <= score) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * How many positives and negatives (with weights, their sums) score at or above each distinct
 * score, in descending order, and how many there are in all. Items at or above a threshold are
 * called positive. All metrics of a ranking are computed from these counts.
 */
export interface ThresholdCounts {
  readonly thresholds: Float64Array;
  readonly truePositives: Float64Array;
  readonly falsePositives: Float64Array;
  readonly positives: number;
  readonly negatives: number;
}

/**
 * Counts positives and negatives at or above every distinct score. Tied items share one threshold;
 * one without weight is left out.
 *
 * @param labels 0 or 1 for each item; 1 is positive.
 * @param scores One finite number for each item, higher for positive, or the same already ranked.
 * Throws a RangeError for a score that is
 *   not finite, and with scores that are not ranked yet for another label than 0 or 1.
 */
export function countAtThresholds(
  labels: ArrayLike<number>,
  scores: ArrayLike<number> | RankedScores,
  { weights }: Weighted = {},
): ThresholdCounts {
  const isRanked = 'positions' in scores;
  requireOneEach(labels, isRanked ? scores.positions : scores, 'score');
  if (!isRanked) requireLabels(labels);
  const { thresholds, positions } = isRanked ? scores : rankScores(scores);
  const truePositives = new Float64Array(thresholds.length);
  const falsePositives = new Float64Array(thresholds.length);
  for (let i = 0; i < positions.length; i++) {
    (labels[i] === 1 ? truePositives : falsePositives)[positions[i]!]! +=
      weights === undefined ? 1 : weights[i]!;
  }
  let count = 0;
  let positives = 0;
  let negatives = 0;
  const kept = thresholds.slice();
  for (let i = 0; i < thresholds.length; i++) {
    const more = truePositives[i]!;
    const less = falsePositives[i]!;
    if (more === 0 && less === 0) continue;
    positives += more;
    negatives += less;
    [kept[count], truePositives[count], falsePositives[count]] = [
      thresholds[i]!,
      positives,
      negatives,
    ];
    count++;
  }
  return {
    thresholds: kept.subarray(0, count),
    truePositives: truePositives.subarray(0, count),
    falsePositives: falsePositives.subarray(0, count),
    positives,
    negatives,
  };
}

/**
 * {@link countAtThresholds} for the draws of a bootstrap, many times as fast: in one pass over the
 * items by descending score, with whole weights of at most 255, into arrays that the next draw
 * overwrites. Thresholds at which no item has weight stay, with the counts of the one before.
 */
export function countDraws(
  labels: ArrayLike<number>,
  { thresholds, positions }: RankedScores,
): (weights: Uint8Array) => ThresholdCounts {
  const next = new Uint32Array(thresholds.length + 1);
  for (let i = 0; i < positions.length; i++) next[positions[i]! + 1]!++;
  for (let position = 0; position < thresholds.length; position++)
    next[position + 1]! += next[position]!;
  const items = new Uint32Array(positions.length);
  const positionOf = new Uint32Array(positions.length);
  for (let i = 0; i < positions.length; i++) {
    const rank = next[positions[i]!]!++;
    items[rank] = 2 * i + (labels[i] === 1 ? 1 : 0);
    positionOf[rank] = positions[i]!;
  }
  const truePositives = new Float64Array(thresholds.length);
  const falsePositives = new Float64Array(thresholds.length);
  const counts = { thresholds, truePositives, falsePositives };
  return (weights) => ({
    ...counts,
    ...addUp(weights, items, positionOf, truePositives, falsePositives),
  });
}

/**
 * Adds up the weights of items, each twice its index plus its label, in order of their positions.
 * Not a closure, since V8 would compile each one separately.
 */
function addUp(
  weights: Uint8Array,
  items: Uint32Array,
  positions: Uint32Array,
  truePositives: Float64Array,
  falsePositives: Float64Array,
): Pick<ThresholdCounts, 'positives' | 'negatives'> {
  let positives = 0;
  let negatives = 0;
  for (let rank = 0; rank < items.length; rank++) {
    const item = items[rank]!;
    const weight = weights[item >>> 1]!;
    const ofPositive = weight & -(item & 1); // without a branch, which could not be predicted
    positives = (positives + ofPositive) | 0;
    negatives = (negatives + weight - ofPositive) | 0;
    const position = positions[rank]!;
    truePositives[position] = positives;
    falsePositives[position] = negatives;
  }
  return { positives, negatives };
}

/** The first of `length` indices from which on something holds; `length` where it never does. */
export function firstIndex(length: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function requireLabels(labels: ArrayLike<number>): void {
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] === 0 || labels[i] === 1) continue;
    throw new RangeError(`Expected the label 0 or 1, got ${labels[i]} at index ${i}`);
  }
}
