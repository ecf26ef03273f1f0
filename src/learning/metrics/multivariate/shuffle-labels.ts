import { groupBy } from '../../../group-by.ts';
import { permutation, Random } from '../../../random.ts';

/** Labels of items, and how much each item counts. */
export interface Labelling {
  /** 0 or 1 for each item. */
  readonly labels: ArrayLike<number>;
  /** Absent: 1. */
  readonly weights?: ArrayLike<number>;
}

/**
 * Labelled items of a cross-validation: for each its label, 0 or 1, its group, by an equal number,
 * and its fold, from 0, that of its group.
 */
export type GroupedItems = Readonly<Record<'labels' | 'groups' | 'folds', ArrayLike<number>>>;

/**
 * Draws labels as if they had nothing to do with the items, for a permutation test.
 *
 * A group counts as one observation, as in the stratified bootstrap: groups of one class exchange
 * their labels with others of their fold, and a group of both classes swaps its two labels with a
 * probability of one half. An item that takes a label also takes the weight of the items that had
 * it. So each fold and each class keep their weight, and where all groups are single items, every
 * order of the labels within a fold is equally likely.
 */
export function shuffleLabels(
  items: GroupedItems,
  draws: number,
  seed: number,
): readonly Labelling[] {
  const { labels, groups, folds } = items;
  const random = new Random('shuffled labels', seed);
  const units = [...groupBy(Array.from(labels).keys(), (i) => groups[i]).values()];
  const isMixed = (unit: readonly number[]) => unit.some((i) => labels[i] !== labels[unit[0]!]);
  const pureUnits = units.filter((unit) => !isMixed(unit));
  const pure = [...groupBy(pureUnits, ([first]) => folds[first!]).values()];
  const mixed = units.filter(isMixed);
  return Array.from({ length: draws }, () => {
    const shuffled = Uint8Array.from(labels);
    const weights = new Float64Array(labels.length).fill(1);
    const give = (items: readonly number[], label: number, weight: number) => {
      for (const i of items) {
        shuffled[i] = label;
        weights[i] = weight / items.length;
      }
    };
    for (const units of pure) {
      const order = permutation(units.length, random);
      for (const [k, items] of units.entries()) {
        const donor = units[order[k]!]!;
        give(items, labels[donor[0]!]!, donor.length);
      }
    }
    for (const unit of mixed) {
      if (random.float() < 0.5) continue;
      const zeros = unit.filter((i) => labels[i] === 0);
      const ones = unit.filter((i) => labels[i] === 1);
      give(zeros, 1, ones.length);
      give(ones, 0, zeros.length);
    }
    return { labels: shuffled, weights };
  });
}
