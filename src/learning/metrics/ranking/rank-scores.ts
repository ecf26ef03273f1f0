/**
 * Scores by their place in the ranking: sorted once, they can be counted under any weights in one pass, which is what
 * makes a bootstrap of thousands of draws quick. Every metric of a ranking takes them in place of scores:
 *
 *     const ranking = rankScores(scores);
 *     bootstrapInterval({ labels, seed: 1 }, (weights) => auc(labels, ranking, { weights }), 0.95);
 */
export interface RankedScores {
  /** Distinct scores, descending. */
  readonly thresholds: Float64Array;
  /** Of each item, the index of its score among them. */
  readonly places: Uint32Array;
}

/** One number for each item, or the same ranked already. */
export type Scores = ArrayLike<number> | RankedScores;

/**
 * Finds the place of every score. Values are sorted, not indices, which the engine does natively, and each is then looked up.
 *
 * @param scores One finite number for each item; throws a RangeError otherwise.
 */
export function rankScores(scores: ArrayLike<number>): RankedScores {
  const sorted = Float64Array.from(scores);
  const wrong = sorted.findIndex((score) => !Number.isFinite(score));
  if (wrong !== -1) throw new RangeError(`Expected a finite score, got ${sorted[wrong]} at index ${wrong}`);
  sorted.sort().reverse();
  let count = 0;
  for (let i = 0; i < sorted.length; i++) if (i === 0 || sorted[i] !== sorted[i - 1]) sorted[count++] = sorted[i]!;
  const thresholds = sorted.slice(0, count);
  return { thresholds, places: Uint32Array.from(scores, (score) => placeOf(score, thresholds)) };
}

/** The index of a score that is there. */
function placeOf(score: number, thresholds: Float64Array): number {
  let [low, high] = [0, thresholds.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (thresholds[middle]! > score) low = middle + 1;
    else high = middle;
  }
  return low;
}
