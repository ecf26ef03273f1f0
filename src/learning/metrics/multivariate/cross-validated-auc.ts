import { shareInterval } from '../intervals/share-difference.ts';
import { auc } from '../ranking/auc.ts';
import { countAtThresholds } from '../ranking/threshold-counts.ts';
import { crossDiscriminant } from './cross-discriminant.ts';
import { type Labeling, shuffleLabels } from './shuffle-labels.ts';

/** How well columns tell two classes. */
export interface CrossValidatedAuc {
  readonly estimate: number;
  /** Both NaN where no shuffled labels tell anything, such as columns without variance. */
  readonly low: number;
  readonly high: number;
  /** The chance of an area at least as large if labels had nothing to do with the columns: at least 1 / 200. */
  readonly p: number;
}

interface LabelledRows {
  /** `[items, columns]`, finite. */
  readonly values: Float64Array;
  /** 0 or 1 for each item. */
  readonly labels: ArrayLike<number>;
  /** A number for each item, the same for those that belong together; these are in one fold. */
  readonly groups: ArrayLike<number>;
  /** The fold of each item, from 0; outside each fold there are both classes. */
  readonly folds: ArrayLike<number>;
}

/** One less than 200, so that p is a multiple of 1 / 200. */
const draws = 199;

/**
 * The AUC of {@link crossDiscriminant} with what chance has to do with it, by labels shuffled as {@link shuffleLabels} does.
 *
 * Scores of different folds come from rules that share most of their items, so the area varies more than if the scores
 * were given: without any signal 1.4 times as much as DeLong's variance says, at 5 folds (Bengio and Grandvalet 2004, "No
 * unbiased estimator of the variance of k-fold cross-validation"). Shuffled labels go through the same folds.
 *
 * - p is the share of labelings, the given one among them, whose area is as large (Phipson and Smyth 2010, "Permutation
 *   p-values should never be zero"). It is exact where groups are of one size, and near it otherwise.
 * - The interval is Wilson's for a share, of as many items as give the spread of the shuffled labels' areas at 0.5. A variance of
 *   area x (1 - area) is on the safe side of what areas of rankings have (Hanley and McNeil 1982).
 */
export function crossValidatedAuc(
  { values, labels, groups, folds }: LabelledRows,
  { confidence, seed }: { readonly confidence: number; readonly seed: number },
): CrossValidatedAuc {
  const labelings: readonly Labeling[] = [{ labels }, ...shuffleLabels({ labels, groups, folds }, draws, seed)];
  const scores = crossDiscriminant(values, folds, labelings);
  const [estimate, ...others] = labelings.map((of, k) => auc(countAtThresholds(of.labels, scores[k]!, of))) as [
    number,
    ...number[],
  ];
  const variance = others.reduce((sum, other) => sum + (other - 0.5) ** 2, 0) / draws;
  const ends = shareInterval({ value: estimate, images: 1 / (4 * variance) }, confidence);
  const { low, high } = variance > 0 ? ends : { low: Number.NaN, high: Number.NaN };
  // What is equal but for rounding counts as equal.
  const p = (1 + others.filter((other) => other >= estimate - 1e-12).length) / (1 + draws);
  return { estimate, low, high, p };
}
