import type { SideScores } from '../arithmetic/logits.ts';
import { weightedMean } from '../arithmetic/weights.ts';
import type { Statistic } from '../intervals/bootstrap.ts';
import { auc } from '../ranking/auc.ts';
import { countDraws, rankScores } from '../ranking/threshold-counts.ts';

/** The score that ranks images: the second score minus the first; higher is more positive. */
export const differenceOf = ({ negative, positive }: SideScores): number => positive - negative;

/**
 * How right the decision for the higher score is, 1 or 0; one half where both scores are equal, as
 * deciding by coin is on average.
 */
export function rightness(label: number, { negative, positive }: SideScores): number {
  if (negative === positive) return 0.5;
  return positive > negative === (label === 1) ? 1 : 0;
}

/** The AUC of rows, which are ranked once. */
export function aucOfRows(labels: readonly (0 | 1)[], rows: readonly SideScores[]): Statistic {
  const counts = countDraws(labels, rankScores(rows.map(differenceOf)));
  return (weights) => auc(counts(weights));
}

/**
 * The share of images for which the score of their class is higher, those with equal scores
 * counting half.
 */
export function accuracyOfRows(labels: readonly (0 | 1)[], rows: readonly SideScores[]): Statistic {
  const right = Float64Array.from(rows, (row, i) => rightness(labels[i]!, row));
  return (weights) => weightedMean(right.length, (i) => right[i]!, { weights });
}
