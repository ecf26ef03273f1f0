import type { Estimate } from '../intervals/interval.ts';
import { shareInterval } from '../intervals/share-difference.ts';
import { auc } from '../ranking/auc.ts';
import { countAtThresholds } from '../ranking/threshold-counts.ts';
import { crossDiscriminant } from './cross-discriminant.ts';
import { type GroupedItems, type Labelling, shuffleLabels } from './shuffle-labels.ts';

/**
 * The separation of two classes by columns; without ends where shuffled labels show no spread, as
 * for columns without variance.
 */
export interface CrossValidatedAuc extends Estimate {
  /**
   * The probability of an area at least as large if labels had nothing to do with the columns: at
   * least 1 / 200.
   */
  readonly p: number;
}

/** One less than 200, so that p is a multiple of 1 / 200. */
const draws = 199;

/**
 * The AUC of {@link crossDiscriminant} with its uncertainty, by labels that {@link shuffleLabels}
 * draws.
 *
 * Scores of different folds come from rules that share most of their items, so the area varies more
 * than for given scores: without any signal 1.4 times as much as DeLong's variance says, at 5 folds
 * (Bengio and Grandvalet 2004, "No unbiased estimator of the variance of k-fold cross-validation").
 * Shuffled labels pass through the same folds.
 *
 * - p is the share of labellings, the given one among them, whose area is as large (Phipson and
 *   Smyth 2010, "Permutation p-values should never be zero"). It is exact where groups have equal
 *   sizes, and nearly so otherwise.
 * - The interval is Wilson's for a share, with as many items as give the spread of the shuffled
 *   labels' areas at 0.5. A variance of area x (1 - area) is conservative for areas of rankings
 *   (Hanley and McNeil 1982).
 *
 * @param items With `values`, `[items, columns]`, finite. Outside each fold there are both classes.
 */
export function crossValidatedAuc(
  items: GroupedItems & { readonly values: Float64Array },
  { confidence, seed }: { readonly confidence: number; readonly seed: number },
): CrossValidatedAuc {
  const labellings: readonly Labelling[] = [items, ...shuffleLabels(items, draws, seed)];
  const scores = crossDiscriminant(items.values, items.folds, labellings);
  const areas = labellings.map(({ labels, weights }, k) =>
    auc(countAtThresholds(labels, scores[k]!, { weights })),
  );
  const [estimate, ...shuffledAreas] = areas as [number, ...number[]];
  const variance = shuffledAreas.reduce((sum, area) => sum + (area - 0.5) ** 2, 0) / draws;
  const ends = shareInterval({ value: estimate, images: 1 / (4 * variance) }, confidence);
  const low = variance > 0 ? ends.low : Number.NaN;
  const high = variance > 0 ? ends.high : Number.NaN;
  // Values that differ only by rounding count as equal.
  const p = (1 + shuffledAreas.filter((area) => area >= estimate - 1e-12).length) / (1 + draws);
  return { estimate, low, high, p };
}
