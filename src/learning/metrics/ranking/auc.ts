import type { Weighted } from '../weights.ts';
import type { Scores } from './rank-scores.ts';
import { countAtThresholds } from './threshold-counts.ts';

/**
 * The area under the ROC curve, 0 to 1: the chance that a positive is ranked above a negative, ties counting half
 * (Mann and Whitney's U over its maximum; Hanley and McNeil 1982). Higher is better, 0.5 is chance; NaN when one of
 * the classes is missing.
 *
 * The trapezoids are summed as whole numbers, so without weights the value is exact up to its one division.
 *
 * Example: labels 0 0 1 1, scores 0.1 0.4 0.35 0.8 give 0.75: of four pairs, one is the wrong way round.
 *
 * @param labels 0 or 1 for each item; 1 is positive.
 * @param scores One finite number for each item, higher for positive; throws a RangeError otherwise.
 */
export function auc(labels: ArrayLike<number>, scores: Scores, options: Weighted = {}): number {
  const { falsePositives, truePositives, positives, negatives } = countAtThresholds(labels, scores, options);
  let twiceArea = 0;
  let lastFalse = 0;
  let lastTrue = 0;
  for (let i = 0; i < falsePositives.length; i++) {
    twiceArea += (falsePositives[i]! - lastFalse) * (truePositives[i]! + lastTrue);
    lastFalse = falsePositives[i]!;
    lastTrue = truePositives[i]!;
  }
  return twiceArea / (2 * positives * negatives);
}
