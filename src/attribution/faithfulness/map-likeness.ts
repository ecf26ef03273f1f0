import { spearman } from '../../metrics/spearman.ts';

/**
 * How alike two maps of one image rank its places: Spearman's rank correlation, as Adebayo et al. 2018, "Sanity checks for saliency
 * maps", compare maps of absolute values; ours are never negative.
 *
 * @returns 1 for the same order. 0 where the second is the same everywhere: nothing of the first is left. NaN where the first is,
 *   which had nothing to lose.
 */
export function mapLikeness(before: Float32Array, after: Float32Array): number {
  if (isConstant(before)) return Number.NaN;
  return isConstant(after) ? 0 : spearman(before, after);
}

const isConstant = (map: Float32Array): boolean => map.every((value) => value === map[0]);
