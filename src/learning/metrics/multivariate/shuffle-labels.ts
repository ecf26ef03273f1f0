import { permutation, Random } from '../../../random.ts';

/** Labels of items, and how much each item counts. */
export interface Labeling {
  /** 0 or 1 for each item. */
  readonly labels: ArrayLike<number>;
  /** Absent: 1. */
  readonly weights?: ArrayLike<number>;
}

interface Units {
  /** 0 or 1 for each item. */
  readonly labels: ArrayLike<number>;
  /** A number for each item, the same for those that belong together; these are in one fold. */
  readonly groups: ArrayLike<number>;
  /** The fold of each item. */
  readonly folds: ArrayLike<number>;
}

/**
 * Draws labels as they might as well be if they had nothing to do with the items, for a permutation test.
 *
 * A group counts as one observation, as in the stratified bootstrap: groups of one class exchange their labels with others of
 * their fold, and a group of both classes swaps its two labels with a chance of one half. Whoever takes a label takes the
 * weight of the items that had it. So each fold and each class keep their weight, and where all groups are single items, every
 * order of the labels within a fold is equally likely.
 */
export function shuffleLabels({ labels, groups, folds }: Units, draws: number, seed: number): readonly Labeling[] {
  const random = new Random('shuffled labels', seed);
  const { pure, mixed } = sortUnits({ labels, groups, folds });
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
        const other = units[order[k]!]!;
        give(items, labels[other[0]!]!, other.length);
      }
    }
    for (const [zeros, ones] of mixed) {
      if (random.float() < 0.5) continue;
      give(zeros, 1, ones.length);
      give(ones, 0, zeros.length);
    }
    return { labels: shuffled, weights };
  });
}

type Items = readonly number[];

/** The groups of one class, fold by fold, and of each group of both classes the items of either. */
function sortUnits({ labels, groups, folds }: Units) {
  const units = new Map<number, readonly [zeros: number[], ones: number[]]>();
  for (let i = 0; i < labels.length; i++) {
    const unit = units.get(groups[i]!) ?? [[], []];
    units.set(groups[i]!, unit);
    unit[labels[i] === 1 ? 1 : 0].push(i);
  }
  const pure = new Map<number, Items[]>();
  const mixed: (readonly [zeros: Items, ones: Items])[] = [];
  for (const [zeros, ones] of units.values()) {
    if (zeros.length > 0 && ones.length > 0) mixed.push([zeros, ones]);
    else {
      const items = zeros.length > 0 ? zeros : ones;
      const fold = folds[items[0]!]!;
      const known = pure.get(fold);
      if (known === undefined) pure.set(fold, [items]);
      else known.push(items);
    }
  }
  return { pure: [...pure.values()], mixed };
}
