import { groupBy } from '../../../group-by.ts';
import { permutation, Random } from '../../../random.ts';

/**
 * Gives every item one of `count` folds for cross-validation: items of one group (an equal number)
 * together, and classes, 0 and 1, as even in each fold as groups allow. As in scikit-learn's
 * `StratifiedGroupKFold`, large groups come first, each in the fold that is then the most even;
 * groups of equal size in a random order by the seed. A group larger than a fold makes an uneven
 * fold.
 *
 * Example: labels 0 0 1 1, each its own group, two folds: one 0 and one 1 in each.
 */
export function groupedFolds(
  labels: ArrayLike<number>,
  groups: ArrayLike<number>,
  { count, seed }: { readonly count: number; readonly seed: number },
): Uint8Array {
  const units = [...groupBy(Array.from(groups).keys(), (i) => groups[i]).values()];
  const order = Array.from(
    permutation(units.length, new Random('folds', seed)),
    (index) => units[index]!,
  );
  const totals = [0, 0];
  for (let i = 0; i < labels.length; i++) totals[labels[i]!]!++;
  const filled = Array.from({ length: count }, () => [0, 0]);
  const folds = new Uint8Array(labels.length);
  for (const members of order.sort((a, b) => b.length - a.length)) {
    const added = [0, 0];
    for (const i of members) added[labels[i]!]!++;
    // The growth of the sum over all folds of the squared shares of the classes.
    const growth = filled.map((fold) =>
      fold.reduce(
        (sum, have, c) => sum + (added[c]! * (2 * have + added[c]!)) / Math.max(1, totals[c]!) ** 2,
        0,
      ),
    );
    const fold = growth.indexOf(Math.min(...growth));
    for (const i of members) folds[i] = fold;
    for (const c of [0, 1]) filled[fold]![c]! += added[c]!;
  }
  return folds;
}
