import type { GroupedLabels } from '../intervals/area-spread.ts';
import { defaultDraws, drawsGroups } from '../intervals/bootstrap.ts';
import type { PairedDifference } from '../intervals/interval.ts';
import { areaDifference } from './area-difference.ts';
import { rankExchangeTest } from './rank-exchange-test.ts';

/** A difference of areas, and by which test its p-value is. */
export interface TestedArea extends PairedDifference {
  readonly test: 'delong' | 'group-exchange';
}

export interface AreaTestOptions {
  /** The confidence of the interval, above 0 and below 1. */
  readonly level: number;
  /** Number of exchanges of groups; 2000 when absent. */
  readonly draws?: number | undefined;
  /** The seed of the exchanges; 7 when absent. */
  readonly seed?: number | undefined;
}

/**
 * The difference of two areas under the ROC curve on the same images, the first minus the second,
 * with its interval ({@link areaDifference}). The p-value is DeLong's where images are independent.
 * Where they are in groups, the two rankings are exchanged group by group ({@link
 * rankExchangeTest}), which is valid for any number of groups.
 *
 * @param scores One finite score for each image by each model, higher for positive.
 */
export function testAreas(
  { labels, groups }: GroupedLabels,
  scores: readonly [first: ArrayLike<number>, second: ArrayLike<number>],
  { level, draws = defaultDraws, seed = 7 }: AreaTestOptions,
): TestedArea {
  const area = areaDifference({ labels, groups }, scores, level);
  if (!drawsGroups(groups)) return { ...area, test: 'delong' };
  const p = rankExchangeTest(labels, groups, scores, { draws, seed });
  return { ...area, p, test: 'group-exchange' };
}
