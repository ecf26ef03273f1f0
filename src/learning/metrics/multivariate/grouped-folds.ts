import { permutation, Random } from '../../../random.ts';

/**
 * Gives every item one of `count` folds for cross-validation: items of one group together, classes in each fold as evenly
 * as groups allow. As scikit-learn's `StratifiedGroupKFold`: large groups first, each to the fold that then is the most even.
 * Groups of one size come in an order drawn from the seed. A group larger than a fold makes an uneven fold.
 *
 * Example: labels 0 0 1 1, each its own group, two folds: one 0 and one 1 in each.
 *
 * @param labels 0 or 1 for each item.
 * @param groups A number for each item, the same for those that belong together.
 */
export function groupedFolds(
  labels: ArrayLike<number>,
  groups: ArrayLike<number>,
  { count, seed }: { readonly count: number; readonly seed: number },
): Uint8Array {
  const items = new Map<number, number[]>();
  for (let i = 0; i < groups.length; i++) {
    const members = items.get(groups[i]!);
    if (members === undefined) items.set(groups[i]!, [i]);
    else members.push(i);
  }
  const units = [...items.values()];
  const order = Array.from(permutation(units.length, new Random('folds', seed)), (place) => units[place]!);
  const totals = [0, 0];
  for (let i = 0; i < labels.length; i++) totals[labels[i]!]!++;
  const filled = Array.from({ length: count }, () => [0, 0]);
  const folds = new Uint8Array(labels.length);
  for (const members of order.sort((a, b) => b.length - a.length)) {
    const added = [0, 0];
    for (const i of members) added[labels[i]!]!++;
    // What the sum over all folds of the squared shares of the classes grows by.
    const growth = filled.map((fold) =>
      fold.reduce((sum, have, c) => sum + (added[c]! * (2 * have + added[c]!)) / Math.max(1, totals[c]!) ** 2, 0),
    );
    const fold = growth.indexOf(Math.min(...growth));
    for (const i of members) folds[i] = fold;
    for (const c of [0, 1]) filled[fold]![c]! += added[c]!;
  }
  return folds;
}
