import { mean } from '../arithmetic/mean.ts';
import type { WeightedStatistic } from '../arithmetic/weights.ts';
import type { ClassScores } from './class-scores.ts';

/**
 * The area under the ROC curves of classes, 0 to 1, higher is better, 0.5 is chance. For two
 * classes i and j, A(i | j) is the probability that an image of i has more evidence for i than one
 * of j, ties counting half; the result is the mean of A(i | j) and A(j | i) over all pairs (Hand
 * and Till 2001, "A simple generalisation of the area under the ROC curve for multiple class
 * classification problems", equation 7; scikit-learn's `roc_auc_score` with `multi_class="ovo"`).
 * Shares of the classes do not matter. Classes without images are left out, as in R's yardstick;
 * NaN where fewer than two have any. Evidence is sorted once for all weightings.
 */
export function handTillAuc({ classes, labels, evidence }: ClassScores): WeightedStatistic {
  const columns = Array.from({ length: classes }, (_, c) => {
    const of = Float64Array.from(labels, (_, i) => evidence[classes * i + c]!);
    const items = Uint32Array.from(labels.keys()).sort((a, b) => of[b]! - of[a]!);
    return {
      items,
      startsTie: Uint8Array.from(items, (item, k) =>
        k === 0 || of[item] !== of[items[k - 1]!] ? 1 : 0,
      ),
    };
  });
  const won = new Float64Array(classes * classes);
  const totals = new Float64Array(classes);
  return (weights) => {
    totals.fill(0);
    for (let i = 0; i < labels.length; i++) totals[labels[i]!]! += weights[i]!;
    for (const [c, ranking] of columns.entries()) {
      countWins(won.subarray(c * classes, (c + 1) * classes).fill(0), c, ranking, labels, weights);
    }
    const area = (c: number, rival: number) =>
      won[c * classes + rival]! / (totals[c]! * totals[rival]!);
    const present = [...totals.keys()].filter((c) => totals[c]! > 0);
    const pairs = present.flatMap((c, k) =>
      present.slice(k + 1).map((rival) => (area(c, rival) + area(rival, c)) / 2),
    );
    return mean(pairs);
  };
}

/** The items by falling evidence, and whether each has less than the one before it. */
type Ranking = { readonly items: Uint32Array; readonly startsTie: Uint8Array };

/**
 * Adds for each other class how many pairs with an image of class `c` are in order, in one pass by
 * falling evidence.
 */
function countWins(
  won: Float64Array,
  c: number,
  { items, startsTie }: Ranking,
  labels: ArrayLike<number>,
  weights: ArrayLike<number>,
): void {
  let above = 0; // images of the class with more evidence
  for (let start = 0; start < items.length; ) {
    let end = start + 1;
    while (end < items.length && startsTie[end] === 0) end++;
    let tied = 0; // and with as much
    for (let k = start; k < end; k++) if (labels[items[k]!] === c) tied += weights[items[k]!]!;
    for (let k = start; k < end; k++) {
      const label = labels[items[k]!]!;
      if (label !== c) won[label]! += weights[items[k]!]! * (above + tied / 2);
    }
    above += tied;
    start = end;
  }
}
