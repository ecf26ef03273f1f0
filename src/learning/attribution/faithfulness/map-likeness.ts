import { averageRanks, correlateRanks } from '../../metrics/spearman.ts';

/** A map as the order of its places, which is all that {@link mapLikeness} asks of it: it may be held against many. */
export interface RankedMap {
  readonly ranks: Float64Array;
  readonly isConstant: boolean;
}

/** @param map Finite values; throws a RangeError otherwise. */
export function rankMap(map: Float32Array): RankedMap {
  return { ranks: averageRanks(map), isConstant: map.every((value) => value === map[0]) };
}

/**
 * How alike two maps rank their places: Spearman's rank correlation, as Adebayo et al. 2018, "Sanity checks for saliency
 * maps", compare maps of absolute values; ours are never negative.
 *
 * @returns 1 for the same order. 0 where the second is the same everywhere: nothing of the first is left. NaN where the first is,
 *   which had nothing to lose.
 */
export function mapLikeness(before: RankedMap, after: RankedMap): number {
  if (before.isConstant) return Number.NaN;
  return after.isConstant ? 0 : correlateRanks(before.ranks, after.ranks);
}
