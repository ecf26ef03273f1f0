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

/** How many items, or the sum of their weights, are called positive at each threshold. */
interface CalledPositive {
  readonly truePositives: Float64Array;
  readonly falsePositives: Float64Array;
}

/** How many items there are, or the sum of their weights. */
interface Totals {
  readonly positives: number;
  readonly negatives: number;
}

/**
 * How many positives and negatives (with weights, their sums) score at or above each distinct
 * score, in descending order, and how many there are in all. Items at or above a threshold are
 * called positive. All metrics of a ranking are computed from these counts.
 */
export interface ThresholdCounts extends CalledPositive, Totals {
  readonly thresholds: Float64Array;
  /** The {@link addPrecisions sum} over all thresholds, where counting has added it up. */
  readonly precisions?: number;
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

/** So many thresholds are counted at once that their counts stay in a processor's nearest cache. */
const blockSize = 1024;

/**
 * {@link countAtThresholds} for the draws of a bootstrap, many times as fast: in one pass over the
 * items by descending score, with whole weights of at most 255, into arrays that the next draw
 * overwrites. Thresholds at which no item has weight stay, with the counts of the one before. The
 * precisions are added up on the way, while the counts are in a cache.
 */
export function countDraws(
  labels: ArrayLike<number>,
  { thresholds, positions }: RankedScores,
): (weights: Uint8Array) => ThresholdCounts & { readonly precisions: number } {
  const firsts = new Uint32Array(thresholds.length + 1);
  for (let i = 0; i < positions.length; i++) firsts[positions[i]! + 1]!++;
  for (let position = 0; position < thresholds.length; position++)
    firsts[position + 1]! += firsts[position]!;
  const next = firsts.slice();
  const items = new Uint32Array(positions.length);
  const positionOf = new Uint32Array(positions.length);
  for (let i = 0; i < positions.length; i++) {
    const rank = next[positions[i]!]!++;
    items[rank] = 2 * i + (labels[i] === 1 ? 1 : 0);
    positionOf[rank] = positions[i]!;
  }
  const truePositives = new Float64Array(thresholds.length);
  const falsePositives = new Float64Array(thresholds.length);
  const ranked = { items, positions: positionOf, truePositives, falsePositives };
  return (weights) => {
    let totals = { positives: 0, negatives: 0 };
    let precisions = 0;
    for (let first = 0; first < thresholds.length; first += blockSize) {
      const end = Math.min(first + blockSize, thresholds.length);
      const before = totals.positives;
      totals = addUp(weights, ranked, firsts[first]!, firsts[end]!, totals);
      precisions = addPrecisions(ranked, first, end, { sum: precisions, before });
    }
    return { thresholds, truePositives, falsePositives, ...totals, precisions };
  };
}

/** Items by descending score, and the counts at their positions. */
interface RankedItems {
  /** Twice the index of an item plus its label. */
  readonly items: Uint32Array;
  /** The positions of their scores. */
  readonly positions: Uint32Array;
  readonly truePositives: Float64Array;
  readonly falsePositives: Float64Array;
}

/**
 * Adds the weights of the items from rank `first` to `end` to the totals of those before. Not a
 * closure, since V8 would compile each one separately.
 */
function addUp(
  weights: Uint8Array,
  { items, positions, truePositives, falsePositives }: RankedItems,
  first: number,
  end: number,
  { positives, negatives }: Totals,
): Totals {
  let truePositive = positives;
  let falsePositive = negatives;
  for (let rank = first; rank < end; rank++) {
    const item = items[rank]!;
    const weight = weights[item >>> 1]!;
    const ofPositive = weight & -(item & 1); // without a branch, which could not be predicted
    truePositive = (truePositive + ofPositive) | 0;
    falsePositive = (falsePositive + weight - ofPositive) | 0;
    const position = positions[rank]!;
    truePositives[position] = truePositive;
    falsePositives[position] = falsePositive;
  }
  return { positives: truePositive, negatives: falsePositive };
}

/**
 * Σ (TPᵢ - TPᵢ₋₁) TPᵢ / (TPᵢ + FPᵢ) over the thresholds from `first` to `end`, added to the `sum`
 * over those before: the numerator of the average precision. `before` is the count of true
 * positives at the threshold before.
 */
export function addPrecisions(
  { truePositives, falsePositives }: CalledPositive,
  first: number,
  end: number,
  { sum, before }: { readonly sum: number; readonly before: number },
): number {
  let precisions = sum;
  let last = before;
  let i = first;
  // Then nothing is divided by 0, and steps of 0 need no branch, which could not be predicted.
  while (i < end && truePositives[i] === 0) i++;
  for (; i < end; i++) {
    const called = truePositives[i]!;
    precisions += ((called - last) * called) / (called + falsePositives[i]!);
    last = called;
  }
  return precisions;
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
